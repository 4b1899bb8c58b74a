"""The words that the painter knows, by what they mean; a phrase is joined by underscores."""

from __future__ import annotations

THINGS: dict[str, str] = {
    "sun": "sun sunshine sunlight sunny sonne soleil sol sunbeam 太陽 太阳",
    "moon": "moon full_moon moonlight moonlit moonrise mond vollmond lune luna moony 月",
    "crescent": "crescent crescent_moon half_moon new_moon sickle_moon mondsichel croissant",
    "stars": "star starry starlight starlit constellation sterne stern etoile estrella stargazing cosmos 星",
    "comet": "shooting_star falling_star comet meteor meteor_shower perseid sternschnuppe etoile_filante cometa",
    "galaxy": "galaxy milky_way nebula milchstrasse universe via_lactea",
    "planet": "planet saturn jupiter mars exoplanet ringed_planet planete planeta",
    "cloud": "cloud cloudy overcast cumulus wolke wolken nuage nube bewolkt cloudscape 雲 云",
    "aurora": "aurora northern_light polar_light aurora_borealis nordlicht aurore_boreale polarlicht",
    "rainbow": "rainbow regenbogen arc_en_ciel arcoiris",
    "lightning": "lightning thunder thunderbolt blitz eclair relampago",
    "mountain": "mountain mountainous mount summit peak alp alps alpine cliffside berg berge gebirge montagne montana "
    "sierra matterhorn himalaya andes everest ridge massif 山",
    "snowcap": "snow_cap snow_capped snowcapped snowy_peak snowy_mountain glacier gletscher snowcap",
    "volcano": "volcano volcanic lava eruption vulkan volcan fuji mount_fuji mt_fuji",
    "hill": "hill hilly rolling countryside tuscany valley hugel colline colina tal vallee highland moor landscape "
    "landschaft paysage paisaje hillside slope",
    "dune": "dune desert sahara sand duna wuste dune_de_sable desierto arid sandy oasis",
    "mesa": "mesa canyon butte badlands monument_valley arizona grand_canyon wild_west western",
    "cactus": "cactus cacti saguaro kaktus kakteen cactaceae",
    "sea": "sea ocean seascape wave waves seaside bay meer ozean mer mar oceano marine maritime gulf coast coastal "
    "kuste cote costa 海 nautical tide surf",
    "lake": "lake pond lagoon lagune see lac lago fjord reservoir tarn loch water wasser eau agua reflection 湖",
    "river": "river stream creek brook fluss riviere rio bach canal fleuve 川 河",
    "beach": "beach strand plage playa shore shoreline tropical",
    "island": "island isle islet insel ile isla archipelago atoll skerry 島",
    "waterfall": "waterfall cascade wasserfall cataract cascada",
    "city": "city skyline town skyscraper downtown metropolis urban stadt ville ciudad cityscape manhattan new_york "
    "tokyo paris berlin chicago office tower_block building buildings cyberpunk rooftop 城市",
    "forest": "forest wood woods woodland wald bois foret bosque jungle taiga wilderness grove 森 森林",
    "conifer": "conifer pine fir spruce evergreen tanne fichte kiefer sapin pino larch christmas_tree pine_tree "
    "pine_forest fir_tree",
    "broadleaf": "oak maple beech elm linden eiche ahorn buche deciduous willow chestnut",
    "birch": "birch aspen birke bouleau abedul birch_forest",
    "palm": "palm palm_tree coconut palme palmier palmera coconut_tree",
    "tree": "tree lone_tree baum arbre arbol baume tree_of_life 木",
    "blossom": "blossom cherry_blossom cherry_tree sakura kirschblute apple_tree orchard almond_tree cerisier 桜",
    "meadow": "meadow field pasture grassland prairie wiese feld prairie champ pradera grass steppe savanna savannah "
    "wheat farmland lawn pre",
    "flower": "flower wildflower bloom blume blumen fleur flor floral petal daisy poppy tulip garden bouquet garten "
    "jardin mohn coquelicot amapola cornflower rose_garden roses 花",
    "sunflower": "sunflower sonnenblume tournesol girasol",
    "lavender_field": "lavender_field lavender_fields lavandes provence",
    "mushroom": "mushroom toadstool pilz champignon seta fungi",
    "road": "road path street way highway lane trail weg strasse chemin route camino carretera pathway",
    "boat": "boat sail_boat sailboat sailing sailing_boat sail ship_sail yacht dinghy regatta regattas boot segelboot "
    "bateau voilier barco velero sloop barca 船",
    "rowboat": "row_boat rowing_boat rowboat canoe kayak gondola skiff ruderboot kanu barque pirogue fishing_boat",
    "ship": "ship steamer steamship ferry freighter liner ocean_liner cruise_ship schiff navire paquebot buque tanker "
    "trawler",
    "lighthouse": "lighthouse leuchtturm phare faro light_house beacon 灯台",
    "house": "house home cottage cabin hut barn farm farmhouse haus maison casa hutte chalet bungalow lodge shed 家",
    "village": "village hamlet dorf pueblo townlet houses",
    "church": "church chapel cathedral kirche eglise iglesia steeple monastery kapelle",
    "castle": "castle fortress palace schloss burg chateau castillo citadel fairytale fairy_tale kingdom",
    "windmill": "windmill mill windmuhle moulin molino wind_turbine dutch holland",
    "torii": "torii shrine pagoda temple japan japanese kyoto zen tempel",
    "tent": "tent camp camping campsite campfire bonfire zelt tente tienda_de_campana",
    "bridge": "bridge viaduct aqueduct brucke pont puente golden_gate 橋",
    "train": "train railway locomotive zug tren railroad steam_train tram",
    "balloon": "balloon hot_air_balloon air_balloon heissluftballon ballon montgolfiere globo balloon_ride airship",
    "kite": "kite drachen cerf_volant cometa_kite",
    "plane": "plane airplane aeroplane aircraft jet flugzeug avion biplane",
    "rocket": "rocket spaceship spacecraft rakete fusee cohete shuttle rocket_ship launch",
    "ufo": "ufo alien flying_saucer extraterrestrial",
    "birds": "bird seagull gull swallow flock crow raven vogel vogel oiseau pajaro mowe swallows goose geese crane 鳥",
    "whale": "whale whale_tail wal baleine ballena humpback orca 鯨",
    "dolphin": "dolphin delfin dauphin",
    "fish": "fish fisch poisson pez koi goldfish salmon shark",
    "swan": "swan duck schwan cygne cisne ente duckling",
    "cat": "cat kitten kitty katze chat gato tomcat feline meow kater 猫",
    "dog": "dog puppy hound hund chien perro terrier labrador corgi dachshund 犬 狗",
    "fox": "fox fuchs renard zorro vixen",
    "deer": "deer stag doe elk moose reindeer hirsch reh cerf ciervo antelope fawn 鹿",
    "horse": "horse pony stallion mare pferd cheval caballo unicorn foal 馬 马",
    "sheep": "sheep lamb schaf mouton oveja goat flock_of_sheep",
    "cow": "cow cattle bull kuh vache vaca ox buffalo bison",
    "bear": "bear grizzly panda bar ours oso teddy 熊",
    "rabbit": "rabbit bunny hare hase kaninchen lapin conejo",
    "elephant": "elephant mammoth elefant elefante",
    "camel": "camel caravan dromedary kamel chameau camello",
    "owl": "owl eule hibou buho",
    "person": "person people human figure traveler traveller wanderer hiker child boy kid couple lovers walker "
    "fisherman sailor astronaut mensch kind kinder personne persona friends family pilgrim dancer surfer cowboy",
    "woman": "woman lady girl queen princess frau madchen femme fille mujer chica she her mother bride goddess 女",
    "man": "man guy gentleman king prince old_man mann homme hombre he him father wizard 男",
    "portrait": "portrait face bust head headshot selfie profile portrat gesicht visage retrato cara model",
    "vase": "vase still_life stillleben nature_morte naturaleza_muerta pot",
    "cup": "cup coffee mug tea cafe kaffee tasse taza teacup espresso",
    "fruit": "fruit apple pear lemon orange_fruit bowl obst frucht apfel pomme fruta manzana peach_fruit",
    "window": "window fenster fenetre ventana window_sill windowsill",
}

HOUR_WORDS: dict[str, str] = {
    "dawn": "dawn sunrise daybreak first_light early_morning aube amanecer morgenrot sonnenaufgang morgendammerung "
    "lever_de_soleil alba",
    "morning": "morning forenoon morgen matin manana breakfast",
    "noon": "noon midday daylight daytime day bright_day mittag midi mediodia tag jour clear_sky blue_sky sunny_day",
    "golden": "golden_hour afternoon late_afternoon goldene_stunde nachmittag apres_midi golden_light heure_doree",
    "dusk": "dusk sunset evening twilight sundown nightfall blue_hour abend dammerung soir crepuscule atardecer "
    "sonnenuntergang coucher_de_soleil crepusculo puesta_de_sol gloaming tonight abends",
    "night": "night midnight nocturne nighttime night_time nacht nuit noche nocturnal nachts mitternacht minuit 夜",
    "storm": "storm stormy tempest thunderstorm hurricane sturm orage tormenta gale gewitter tempete",
    "fog": "fog foggy mist misty haze hazy nebel brouillard niebla brume smoky neblig",
    "rain": "rain rainy raining drizzle regen pluie lluvia shower monsoon wet regnerisch 雨",
    "snow": "snow snowy winter wintry snowfall snowing blizzard schnee neige nieve frozen ice icy frost verschneit "
    "hiver invierno arctic polar 雪",
    "space": "space outer_space weltraum espace espacio orbit sci_fi science_fiction interstellar",
}

WEATHER = ("storm", "fog", "rain", "snow")

GRADE_WORDS: dict[str, str] = {
    "muted": "muted subdued desaturated quiet soft subtle earthy understated faded gentle calm natural",
    "warm": "warm cosy cozy hot warme chaud calido sunlit",
    "cold": "cold cool chilly kalt froid frio crisp",
    "pastel": "pastel pastell dreamy delicate candy cotton_candy pastels",
    "monochrome": "monochrome monochromatic black_and_white greyscale grayscale schwarzweiss noir bw",
    "sepia": "sepia antique",
    "vintage": "vintage retro old_fashioned nostalgic seventies 70s 1970s mid_century",
    "neon": "neon synthwave vaporwave electric cyber outrun fluorescent",
    "vivid": "vivid vibrant colourful colorful saturated bright bold bunt colore",
    "dark": "dark gloomy moody dunkel sombre oscuro somber melancholy melancholic",
    "light": "light airy pale hell clair",
    "autumn": "autumn fall autumnal herbst automne otono october november harvest",
    "spring": "spring springtime fruhling printemps primavera april may",
    "summer": "summer summertime sommer ete verano july august",
}

STYLE_WORDS: dict[str, str] = {
    "poster": "poster flat flat_poster print travel_poster plakat affiche cartel flat_design",
    "paper": "paper_cut papercut paper cut_paper paper_cutout cutout layered_paper scherenschnitt papier kirigami "
    "collage",
    "ink": "ink line_art ink_line ink_drawing line_drawing drawing pen sketch outline lineart tusche encre dibujo "
    "comic manga ligne_claire",
    "riso": "risograph riso halftone screenprint screen_print silkscreen pop_art dots siebdruck",
    "watercolour": "watercolour watercolor aquarelle aquarell acuarela gouache painting painted wash",
    "linocut": "woodcut linocut wood_cut lino_cut block_print woodblock engraving holzschnitt linolschnitt etching "
    "ukiyo_e ukiyoe gravure",
    "gradient": "gradient gradients smooth verlauf degrade",
    "minimal": "minimal minimalist minimalistic simple minimalism clean minimaliste",
    "bauhaus": "bauhaus geometric geometry cubist cubism constructivist geometrisch suprematism art_deco",
    "abstract": "abstract abstraction abstrakt abstrait abstracto pattern shapes composition muster kandinsky mondrian",
}

COLOUR_WORDS: dict[str, str] = {
    "red": "red scarlet vermilion ruby rot rote rotes roter roten rouge rojo roja cherry_red",
    "crimson": "crimson burgundy maroon wine bordeaux",
    "orange": "orange tangerine amber",
    "yellow": "yellow gelb gelbe gelbes gelber gelben jaune amarillo amarilla",
    "gold": "gold golden golden_yellow dore dorado goldene goldenes",
    "green": "green emerald grun grune grunes gruner grunen vert verte verde",
    "olive": "olive khaki sage", "mint": "mint", "teal": "teal petrol", "turquoise": "turquoise aqua cyan turkis",
    "blue": "blue cobalt azure blau blaue blaues blauer blauen bleu bleue azul ultramarine",
    "navy": "navy midnight_blue dark_blue", "sky": "light_blue sky_blue pale_blue", "indigo": "indigo",
    "violet": "violet lila violett mauve", "purple": "purple plum morado",
    "lavender": "lavender lilac", "pink": "pink rosa rose_pink", "magenta": "magenta fuchsia",
    "rose": "rose dusty_pink", "brown": "brown chocolate braun braune braunes braunen marron umber",
    "beige": "beige tan sandstone", "white": "white ivory weiss weisse weisses weisser weissen blanc blanche blanco blanca",
    "grey": "grey gray grau graue graues gris charcoal", "black": "black schwarz schwarze schwarzes schwarzer noir noire "
    "negro negra", "silver": "silver silber argent plata", "coral": "coral salmon_pink", "cream": "cream",
    "ochre": "ochre mustard terracotta rust", "peach": "peach apricot",
}  # fmt: skip

COUNTS: dict[str, int] = {
    **{word: n for n, line in {
        1: "1 one a an single lone solitary ein eine einem einen une un una uno lonely", 2: "2 two pair zwei deux dos twin",
        3: "3 three drei trois tres trio", 4: "4 four vier quatre cuatro", 5: "5 five funf cinq cinco",
        6: "6 six sechs seis", 7: "7 seven sieben sept siete several", 8: "8 eight acht huit ocho",
        9: "9 nine neun neuf nueve", 10: "10 ten zehn dix diez", 12: "12 twelve dozen many viele",
        3 + 100: "few some einige quelques", 16: "hundreds countless fleet",
    }.items() for word in line.split()},
}  # fmt: skip

SIZES: dict[str, float] = {
    "tiny": 0.5, "small": 0.7, "little": 0.7, "mini": 0.55, "klein": 0.7, "kleine": 0.7, "kleines": 0.7, "petit": 0.7,
    "petite": 0.7, "pequeno": 0.7, "pequena": 0.7, "big": 1.45, "large": 1.45, "huge": 1.9, "giant": 2.0, "enormous": 1.9,
    "gigantic": 2.0, "great": 1.3, "gross": 1.45, "grosse": 1.45, "grosses": 1.45, "grand": 1.4, "grande": 1.45,
    "massive": 1.8, "distant": 0.6, "tall": 1.3,
}  # fmt: skip

PLACES: dict[str, float] = {
    "left": 0.24, "links": 0.24, "gauche": 0.24, "izquierda": 0.24,
    "right": 0.76, "rechts": 0.76, "droite": 0.76, "derecha": 0.76,
    "centre": 0.5, "center": 0.5, "middle": 0.5, "mitte": 0.5, "centro": 0.5, "milieu": 0.5, "centered": 0.5,
}  # fmt: skip

NEGATIONS = frozenset("no without not ohne sans sin kein keine keinen never minus".split())

QUIET = frozenset(
    "the of in on at and with over under by to from into onto behind before above below near between through across "
    "der die das den dem des im am an auf und mit uber unter von zu bei vor hinter le la les l de du des d et avec sur "
    "sous dans au aux el los las en y con sobre bajo del al picture image photo photograph illustration art artwork "
    "style very its it is are that this there where as for side scene view beautiful lovely pretty nice make me please "
    "draw paint bild 4k 8k hd high quality detailed masterpiece line our my your his their i we you be background "
    "foreground while some".split()
)

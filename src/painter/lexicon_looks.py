"""The words for how a picture looks and how things are said: hours, moods, styles, colours, counts."""

from __future__ import annotations

from typing import TypeVar

Value = TypeVar("Value", int, float)


def words_in(line: str) -> frozenset[str]:
    """A set of words written in one line."""
    return frozenset(line.split())


def by_word(lines: dict[Value, str]) -> dict[str, Value]:
    """Turn lines of words by their value into values by their word."""
    return {word: value for value, line in lines.items() for word in line.split()}


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
    "fog": "sea_of_fog sea_of_clouds nebelmeer fog foggy mist misty haze hazy nebel brouillard niebla brume neblig",
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
    "orange": "orange tangerine amber ginger",
    "yellow": "yellow gelb gelbe gelbes gelber gelben jaune amarillo amarilla",
    "gold": "gold golden golden_yellow dore dorado goldene goldenes",
    "green": "green emerald grun grune grunes gruner grunen vert verte verde",
    "olive": "olive khaki sage",
    "mint": "mint",
    "teal": "teal petrol",
    "turquoise": "turquoise aqua cyan turkis",
    "blue": "blue cobalt azure blau blaue blaues blauer blauen bleu bleue azul ultramarine",
    "navy": "navy midnight_blue dark_blue",
    "sky": "light_blue sky_blue pale_blue",
    "indigo": "indigo",
    "violet": "violet lila violett mauve",
    "purple": "purple plum morado",
    "lavender": "lavender lilac",
    "pink": "pink rosa rose_pink",
    "magenta": "magenta fuchsia",
    "rose": "rose dusty_pink",
    "brown": "brown chocolate braun braune braunes braunen marron umber",
    "beige": "beige tan sandstone",
    "white": "white ivory weiss weisse weisses weisser weissen blanc blanche blanco blanca",
    "grey": "grey gray grau graue graues gris charcoal",
    "black": "black schwarz schwarze schwarzes schwarzer noir noire negro negra",
    "silver": "silver silber argent plata",
    "coral": "coral salmon_pink",
    "cream": "cream",
    "ochre": "ochre mustard terracotta rust",
    "peach": "peach apricot",
}


COUNTS: dict[str, int] = by_word(
    {
        1: "1 one a an single lone solitary ein eine einem einen une un una uno lonely",
        2: "2 two pair zwei deux dos twin",
        3: "3 three drei trois tres trio few einige quelques",
        4: "4 four vier quatre cuatro",
        5: "5 five funf cinq cinco",
        6: "6 six sechs seis",
        7: "7 seven sieben sept siete several",
        8: "8 eight acht huit ocho",
        9: "9 nine neun neuf nueve",
        10: "10 ten zehn dix diez",
        12: "12 twelve dozen many viele",
        16: "hundreds countless fleet",
    }
)


SIZES: dict[str, float] = by_word(
    {
        0.5: "tiny",
        0.55: "mini",
        0.6: "distant",
        0.7: "small little klein kleine kleines petit petite pequeno pequena",
        1.3: "great tall",
        1.4: "grand",
        1.45: "big large gross grosse grosses grande",
        1.8: "massive",
        1.9: "huge enormous",
        2.0: "giant gigantic",
    }
)


PLACES: dict[str, float] = by_word(
    {
        0.24: "left links gauche izquierda",
        0.5: "centre center middle mitte centro milieu centered",
        0.76: "right rechts droite derecha",
    }
)


NEGATIONS = words_in("no without not ohne sans sin kein keine keinen never minus")


QUIET = words_in(
    "the of in on at and with over under by to from into onto behind before above below near between through "
    "across der die das den dem des im am an auf und mit uber unter von zu bei vor hinter le la les l de du des d "
    "et avec sur sous dans au aux el los las en y con sobre bajo del al picture image photo photograph "
    "illustration art artwork style very its it is are that this there where as for side scene view beautiful "
    "lovely pretty nice make me please draw paint bild 4k 8k hd high quality detailed masterpiece line our my "
    "your his their i we you be background foreground while some"
)

CUTS = words_in("in with at under over behind from mit im avec con en sous")

AFTER_NOUN = words_in(
    "rouge rojo roja jaune amarillo amarilla vert verte verde bleu bleue azul blanc blanche blanco blanca noir "
    "noire negro negra gris dore dorado morado rosa marron"
)

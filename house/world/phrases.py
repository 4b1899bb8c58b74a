"""The words for every value of every attribute. `{c}` is the thing's colour with its article, `{d}` without."""

from __future__ import annotations

COLOURS: dict[str, list[str]] = {  # each colour's other names; the plain one is used most
    "red": ["scarlet", "crimson"],
    "orange": ["tangerine"],
    "yellow": ["lemon yellow", "bright yellow"],
    "green": ["emerald", "dark green"],
    "blue": ["cobalt", "bright blue"],
    "purple": ["plum"],
    "white": ["snow-white"],
    "black": ["jet-black"],
    "grey": ["gray", "silver"],
    "blond": ["blonde", "fair"],
    "brown": ["chestnut", "dark brown"],
    "cream": ["beige"],
    "pink": ["rose"],
    "teal": ["turquoise"],
    "lavender": ["pale purple"],
    "navy": ["dark blue", "navy blue"],
}
GINGER = ["ginger", "auburn", "red"]  # red, of hair

ART: dict[str, list[str]] = {
    "poster": ["a flat poster", "poster style", "a flat vector illustration", "a travel poster", "flat design"],
    "paper": ["a paper cut", "cut paper", "a papercut collage", "layered paper", "paper-cut style"],
    "ink": ["an ink drawing", "ink lines", "a line drawing", "a comic with ink outlines", "ink style"],
    "soft": [
        "soft gradients",
        "a soft gradient illustration",
        "soft shading",
        "a smooth digital painting",
        "soft style",
    ],
}
SCENES: dict[str, dict[str, list[str]]] = {
    "hour": {
        "dawn": ["at dawn", "at sunrise", "at daybreak", "early in the morning"],
        "day": ["by day", "at noon", "in daylight", "in the daytime"],
        "dusk": ["at dusk", "at sunset", "in the evening", "at nightfall"],
        "night": ["at night", "by night", "in the dark of night"],
    },
    "weather": {
        "clear": ["a clear sky", "clear weather", "no clouds"],
        "cloudy": ["clouds", "a cloudy sky", "an overcast sky", "cloudy"],
        "rain": ["rain", "in the rain", "rainy weather", "a downpour"],
        "snow": ["falling snow", "snow", "in the snow", "a snowfall"],
        "fog": ["fog", "in the fog", "mist", "foggy"],
    },
    "land": {
        "mountains": ["mountains", "a mountain range", "high peaks", "the alps"],
        "hills": ["rolling hills", "hills", "green countryside", "fields and hills"],
        "dunes": ["desert dunes", "sand dunes", "a desert", "dunes"],
        "forest": ["a pine forest", "a forest", "woods", "fir trees in a forest"],
        "sea": ["the sea", "the ocean", "a calm sea", "open water"],
        "city": ["a city", "a city skyline", "skyscrapers", "a town of tall buildings"],
    },
    "disc": {
        "none": ["no sun or moon", "neither sun nor moon"],
        "sun": ["the sun", "a big sun", "a glowing sun", "the sun in the sky"],
        "crescent": ["a crescent moon", "a thin moon", "a sickle moon"],
        "full moon": ["a full moon", "a round moon", "the full moon"],
    },
    "stars": {"no": ["no stars", "without stars"], "yes": ["stars", "a starry sky", "many stars", "twinkling stars"]},
    "palette": {
        "natural": ["natural colours"],
        "pink": ["in pink tones", "a pink palette", "pink colours"],
        "teal": ["in teal tones", "a teal palette", "teal colours"],
        "golden": ["in golden tones", "a golden palette", "golden colours"],
        "violet": ["in violet tones", "a violet palette", "violet colours"],
        "grey": ["in grey tones", "a grey palette", "in black and white"],
    },
    "boat": {
        "none": ["no boat", "without a boat"],
        "": ["{c} boat", "{c} sailing boat", "{c} sailboat", "{c} boat with sails"],
    },
    "house": {"none": ["no house"], "": ["{c} house", "{c} cottage", "{c} cabin", "a little {d} house"]},
    "balloon": {
        "none": ["no balloon"],
        "": ["{c} balloon", "{c} hot-air balloon", "{c} hot air balloon", "a balloon in {d}"],
    },
    "tree": {
        "none": ["no tree", "without trees"],
        "pine": ["a pine tree", "a tall fir tree", "a pine"],
        "oak": ["a green tree", "an oak", "a leafy tree"],
        "maple": ["an autumn tree", "a maple", "a tree with orange leaves"],
        "cherry": ["a cherry tree", "a blossoming tree", "a tree with pink blossom"],
        "palm": ["a palm tree", "a palm"],
        "bare": ["a bare tree", "a leafless tree", "a dead tree"],
    },
    "birds": {"no": ["no birds"], "yes": ["birds", "a flock of birds", "flying birds", "birds in the sky"]},
}
PEOPLE: dict[str, dict[str, list[str]]] = {
    "who": {"woman": ["woman", "lady", "woman"], "man": ["man", "guy", "man"]},
    "face": {
        "round": ["a round face"],
        "long": ["a long face", "a narrow face"],
        "square": ["a square face", "a square jaw"],
        "pointed": ["a pointed chin", "a heart-shaped face"],
    },
    "skin": {
        "fair": ["fair skin", "pale skin"],
        "tan": ["tan skin", "tanned skin"],
        "brown": ["brown skin"],
        "dark": ["dark skin", "deep dark skin"],
    },
    "cut": {  # with the hair's colour in {d}
        "short": ["short {d} hair", "short-cropped {d} hair"],
        "long": ["long {d} hair", "long straight {d} hair"],
        "bob": ["a {d} bob with a fringe", "{d} hair in a bob", "chin-length {d} hair"],
        "curly": ["curly {d} hair", "{d} curls"],
        "bun": ["{d} hair in a bun", "a {d} bun"],
        "braids": ["{d} braids", "two {d} braids", "{d} plaits"],
        "bald": ["a bald head", "no hair"],
    },
    "eyes": {"brown": ["brown eyes"], "blue": ["blue eyes"], "green": ["green eyes"]},
    "brows": {"thin": ["thin eyebrows", "thin brows"], "thick": ["thick eyebrows", "bushy brows"]},
    "mouth": {
        "calm": ["a calm look", "a neutral expression"],
        "smiling": ["a smile", "a smiling face"],
        "laughing": ["a big laugh", "an open laughing mouth"],
        "sad": ["a sad look", "a frown"],
        "surprised": ["a surprised look", "an open mouth in surprise"],
    },
    "glasses": {
        "none": ["no glasses"],
        "round": ["round glasses", "glasses with round rims"],
        "square": ["square glasses", "rectangular glasses"],
        "sunglasses": ["sunglasses", "dark sunglasses", "shades"],
    },
    "beard": {
        "none": ["no beard", "a shaved chin"],
        "beard": ["a beard", "a full beard", "a bushy beard"],
        "moustache": ["a moustache", "a mustache"],
    },
    "hat": {
        "none": ["no hat", "nothing on the head"],
        "": ["{c} hat"],  # its colour alone is named
        "beanie": ["{c} beanie", "{c} woolly hat", "{c} knitted hat", "{c} bobble hat"],
        "cap": ["{c} cap", "{c} baseball cap"],
        "brim": ["{c} wide-brimmed hat", "{c} fedora", "{c} hat with a wide brim"],
    },
    "wear": {
        "": ["{c} top", "{d} clothes"],
        "t-shirt": ["{c} t-shirt", "{c} tee"],
        "shirt": ["{c} shirt", "{c} buttoned shirt", "{c} shirt with a collar"],
        "turtleneck": ["{c} turtleneck", "{c} roll-neck jumper", "{c} turtleneck sweater"],
        "hoodie": ["{c} hoodie", "{c} hooded jumper"],
        "striped": ["{c} striped top", "{c} striped jumper", "{c} shirt with stripes"],
    },
    "background": {
        "": ["{c} background", "{c} wall behind"],
        "mountains": ["in the mountains", "in front of mountains", "mountains behind"],
        "forest": ["in a forest", "in front of a forest", "a forest behind"],
        "sea": ["by the sea", "in front of the sea", "the sea behind"],
        "city": ["in the city", "in front of a city skyline", "a city behind"],
        "starry night": ["under the stars", "in front of a starry night", "a starry night behind"],
    },
    "pose": {
        "front": ["facing the viewer", "from the front"],
        "left": ["looking left", "turned to the left"],
        "right": ["looking right", "turned to the right"],
    },
    "lamp": {
        "even": ["even light"],
        "left": ["lit from the left", "light from the left"],
        "right": ["lit from the right", "light from the right"],
    },
}
MOUTH_FIRST = {"smiling": "smiling", "laughing": "laughing", "sad": "sad", "surprised": "surprised", "calm": "calm"}
BARE_TOPS = {
    "t-shirt": "t-shirt",
    "shirt": "shirt",
    "turtleneck": "turtleneck",
    "hoodie": "hoodie",
    "striped": "striped top",
}
BARE_HATS = {"beanie": "beanie", "cap": "cap", "brim": "wide-brimmed hat"}
FILLERS = [
    "beautiful",
    "high quality",
    "detailed",
    "please",
    "lovely",
    "8k",
    "trending",
    "masterpiece",
    "simple",
    "for my wall",
]

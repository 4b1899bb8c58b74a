"""What a picture can show: every attribute, its values in the order that the judge numbers them, and their colours."""

from __future__ import annotations

from house.world.colour import Colour, rgb

ARTS = ["poster", "paper", "ink", "soft"]

# Scenes
HOURS = ["dawn", "day", "dusk", "night"]
WEATHERS = ["clear", "cloudy", "rain", "snow", "fog"]
LANDS = ["mountains", "hills", "dunes", "forest", "sea", "city"]
DISCS = ["none", "sun", "crescent", "full moon"]
PALETTES = ["natural", "pink", "teal", "golden", "violet", "grey"]
TREES = ["none", "pine", "oak", "maple", "cherry", "palm", "bare"]
THINGS: dict[str, Colour] = {  # what boats, houses and balloons are painted in
    "red": rgb("d8322c"),
    "yellow": rgb("f8c927"),
    "blue": rgb("2b62d9"),
    "green": rgb("1f9a55"),
    "white": rgb("fbf8f0"),
    "black": rgb("24222c"),
}

# People
WHO = ["woman", "man"]
FACES = ["round", "long", "square", "pointed"]
SKINS: dict[str, Colour] = {
    "fair": rgb("fbdcc6"),
    "tan": rgb("dfa873"),
    "brown": rgb("a9693c"),
    "dark": rgb("6d4530"),
}
HAIRS: dict[str, Colour] = {
    "black": rgb("211d26"),
    "brown": rgb("713f1f"),
    "blond": rgb("efc75c"),
    "red": rgb("cf4a17"),
    "grey": rgb("b9bcc4"),
}
CUTS = ["short", "long", "bob", "curly", "bun", "braids", "bald"]
EYES: dict[str, Colour] = {"brown": rgb("5a3013"), "blue": rgb("2f78d0"), "green": rgb("2e9150")}
BROWS = ["thin", "thick"]
MOUTHS = ["calm", "smiling", "laughing", "sad", "surprised"]
GLASSES = ["none", "round", "square", "sunglasses"]
BEARDS = ["none", "beard", "moustache"]
HATS = ["none", "beanie", "cap", "brim"]
WEARS = ["t-shirt", "shirt", "turtleneck", "hoodie", "striped"]
CLOTHS: dict[str, Colour] = {
    "red": rgb("d02b2b"),
    "orange": rgb("f47f1c"),
    "yellow": rgb("f8d031"),
    "green": rgb("22965a"),
    "blue": rgb("2c63d6"),
    "purple": rgb("8140bd"),
    "white": rgb("fbf9f3"),
    "black": rgb("25232d"),
}
BACKDROPS: dict[str, Colour] = {
    "cream": rgb("f4e7c9"),
    "pink": rgb("f6b3c1"),
    "teal": rgb("2f9d99"),
    "orange": rgb("f29a55"),
    "lavender": rgb("c4b3ea"),
    "navy": rgb("22345f"),
}
PLACES = ["mountains", "forest", "sea", "city", "starry night"]
POSES = ["front", "left", "right"]
LAMPS = ["even", "left", "right"]

SCENE: dict[str, list[str]] = {
    "art": ARTS,
    "hour": HOURS,
    "weather": WEATHERS,
    "land": LANDS,
    "disc": DISCS,
    "stars": ["no", "yes"],
    "palette": PALETTES,
    "boat": ["none", *THINGS],
    "house": ["none", *THINGS],
    "balloon": ["none", *THINGS],
    "tree": TREES,
    "birds": ["no", "yes"],
}
PERSON: dict[str, list[str]] = {
    "art": ARTS,
    "who": WHO,
    "face": FACES,
    "skin": list(SKINS),
    "hair": list(HAIRS),
    "cut": CUTS,
    "eyes": list(EYES),
    "brows": BROWS,
    "mouth": MOUTHS,
    "glasses": GLASSES,
    "beard": BEARDS,
    "hat": HATS,
    "hat_colour": list(CLOTHS),
    "wear": WEARS,
    "shirt": list(CLOTHS),
    "background": [*BACKDROPS, *PLACES],
    "pose": POSES,
    "lamp": LAMPS,
}
FIELDS: dict[str, list[str]] = {"kind": ["scene", "person"], **SCENE, **PERSON}
IDENTITY = ["who", "face", "skin", "hair", "cut", "eyes", "brows", "glasses", "beard"]  # what makes a likeness
HATS_AND_SHIRTS = ["hat", "hat_colour", "wear", "shirt"]

Attributes = dict[str, str]

SHAPES: dict[str, tuple[int, int]] = {"square": (256, 256), "tall": (224, 304), "wide": (304, 224)}  # 1:1, 3:4, 4:3

"""Instructions that change one attribute, in many words."""

from __future__ import annotations

import random

from house.world.captions import an, colour
from house.world.fields import BACKDROPS, Attributes
from house.world.phrases import PEOPLE, SCENES

NOUNS = {
    "boat": "boat",
    "house": "house",
    "balloon": "balloon",
    "tree": "tree",
    "glasses": "glasses",
    "birds": "birds",
    "stars": "stars",
}
HOURS = {
    "dawn": ["dawn", "sunrise"],
    "day": ["day", "noon"],
    "dusk": ["dusk", "sunset", "evening"],
    "night": ["night", "night time"],
}
WEATHERS = {
    "clear": ["clear the sky", "make the weather clear", "remove the clouds", "give it a clear sky"],
    "cloudy": ["add clouds", "make it cloudy", "cover the sky with clouds"],
    "rain": ["make it rain", "add rain", "let it rain"],
    "snow": ["make it snow", "add falling snow", "let it snow"],
    "fog": ["add fog", "make it foggy", "cover the land in mist"],
}
ARTS = {
    "poster": ["a flat poster", "a flat poster"],
    "paper": ["a paper cut", "cut paper"],
    "ink": ["an ink drawing", "a line drawing"],
    "soft": ["soft gradients", "a soft gradient illustration"],
}
CUTS = {
    "short": "short hair",
    "long": "long hair",
    "bob": "a bob",
    "curly": "curly hair",
    "bun": "a bun",
    "braids": "braids",
    "bald": "a bald head",
}
MOUTHS = {
    "calm": ["make the face calm", "give a neutral expression"],
    "smiling": ["add a smile", "make {them} smile", "let {them} smile"],
    "laughing": ["make {them} laugh", "add a big laugh"],
    "sad": ["make {them} sad", "make {them} frown"],
    "surprised": ["make {them} surprised", "make {them} look surprised"],
}
LAMPS = {
    "even": ["make the light even", "remove the shadow from the face"],
    "left": ["light the face from the left"],
    "right": ["light the face from the right"],
}
POSES = {
    "front": ["make {them} face the viewer"],
    "left": ["turn the head to the left", "make {them} look left"],
    "right": ["turn the head to the right", "make {them} look right"],
}
PUT = ["add {x}", "put in {x}", "draw {x}"]
DROP = ["remove the {x}", "take away the {x}", "no {x}", "delete the {x}"]
DYE = ["make the {x} {c}", "change the {x} to {c}", "turn the {x} {c}", "paint the {x} {c}", "{c} {x}"]
EDITABLE = {
    "scene": ["hour", "weather", "disc", "stars", "palette", "boat", "house", "balloon", "tree", "birds", "art"],
    "person": [
        "hair",
        "cut",
        "mouth",
        "glasses",
        "beard",
        "hat",
        "hat_colour",
        "wear",
        "shirt",
        "shirt",
        "background",
        "background",
        "lamp",
        "eyes",
        "art",
    ],
}


def wish(before: Attributes, after: Attributes, field: str, rng: random.Random) -> str:
    """What one says to get from one picture to the other."""
    new, old = after[field], before[field]
    if field in ("boat", "house", "balloon"):
        text = _thing(field, new, old, rng)
    elif field in ("stars", "birds"):
        text = (
            rng.choice(PUT).format(x=rng.choice(SCENES[field]["yes"]))
            if new == "yes"
            else rng.choice(DROP).format(x=field)
        )
    elif field in ("hat", "hat_colour"):
        text = _hat(after, old, field, rng)
    elif field in ("hair", "eyes", "shirt"):
        noun = {
            "hair": "hair",
            "eyes": "eyes",
            "shirt": rng.choice(["top", "clothes", after["wear"] if after["wear"] != "striped" else "striped top"]),
        }[field]
        text = rng.choice(DYE).format(x=noun, c=colour(new, rng, hair=field == "hair"))
    else:
        text = _other(field, new, old, rng)
    text = text.replace(
        "{them}", rng.choice([{"woman": "her", "man": "him"}.get(after.get("who", ""), "them"), "the person"])
    )
    return text[0].upper() + text[1:] + "." if rng.random() < 0.15 else text


def _thing(field: str, new: str, old: str, rng: random.Random) -> str:
    noun = NOUNS[field]
    if new == "none":
        return rng.choice(DROP).format(x=noun)
    if old == "none":
        tint = colour(new, rng)
        return rng.choice(PUT).format(x=rng.choice(SCENES[field][""]).format(c=an(tint), d=tint))
    return rng.choice(DYE).format(x=noun, c=colour(new, rng))


def _hat(after: Attributes, old: str, field: str, rng: random.Random) -> str:
    if after["hat"] == "none":
        return rng.choice(["remove the hat", "take off the hat", "no hat"])
    tint = colour(after["hat_colour"], rng)
    if field == "hat_colour":
        return rng.choice(DYE).format(x="hat", c=tint)
    hat = rng.choice(PEOPLE["hat"][after["hat"]]).format(c=an(tint), d=tint)
    if old == "none":
        return rng.choice(["put on {x}", "add {x}", "let {{them}} wear {x}"]).format(x=hat)
    return rng.choice(["change the hat to {x}", "replace the hat with {x}"]).format(x=hat)


def _other(field: str, new: str, old: str, rng: random.Random) -> str:
    if field == "hour":
        return rng.choice(["make it {x}", "change the time to {x}", "turn it into {x}", "let it be {x}"]).format(
            x=rng.choice(HOURS[new])
        )
    if field == "weather":
        return rng.choice(WEATHERS[new])
    if field == "disc":
        if new == "none":
            return rng.choice(DROP).format(x="sun" if old == "sun" else "moon")
        return rng.choice([*PUT, "change the sky to have {x}"]).format(
            x={"sun": "the sun", "crescent": "a crescent moon", "full moon": "a full moon"}[new]
        )
    if field == "palette":
        tone = "natural" if new == "natural" else new
        return rng.choice(["use {x} colours", "change the palette to {x}", "make the colours {x}"]).format(x=tone)
    if field == "tree":
        if new == "none":
            return rng.choice(DROP).format(x="tree")
        verbs = PUT if old == "none" else ["change the tree to {x}", "replace the tree with {x}"]
        return rng.choice(verbs).format(x=rng.choice(SCENES["tree"][new]))
    if field == "art":
        return rng.choice(["redraw it as {x}", "turn it into {x}", "make it {x}", "in the style of {x}"]).format(
            x=rng.choice(ARTS[new])
        )
    if field == "cut":
        return rng.choice(["give {{them}} {x}", "change the hair to {x}", "change the hairstyle to {x}"]).format(
            x=CUTS[new]
        )
    if field == "glasses":
        if new == "none":
            return rng.choice(["remove the glasses", "take off the glasses", "no glasses"])
        said = rng.choice(PEOPLE["glasses"][new])
        return rng.choice(
            ["add {x}", "put on {x}"]
            if old == "none"
            else ["change the glasses to {x}", "replace the glasses with {x}"]
        ).format(x=said)
    if field == "beard":
        if new == "none":
            return rng.choice(["remove the {x}", "shave off the {x}"]).format(x=old)
        return rng.choice(["add {x}", "give him {x}", "let him have {x}"]).format(x=rng.choice(PEOPLE["beard"][new]))
    if field == "wear":
        return rng.choice(["change the clothes to {x}", "let {{them}} wear {x}", "dress {{them}} in {x}"]).format(
            x={"striped": "a striped top"}.get(new, an(new))
        )
    if field == "background":
        if new in BACKDROPS:
            return rng.choice(["make the background {x}", "change the background to {x}", "{x} background"]).format(
                x=colour(new, rng)
            )
        place = {
            "mountains": "mountains",
            "forest": "a forest",
            "sea": "the sea",
            "city": "a city",
            "starry night": "a starry night",
        }[new]
        return rng.choice(["put {x} behind", "change the background to {x}", "move {{them}} in front of {x}"]).format(
            x=place
        )
    return rng.choice({"mouth": MOUTHS, "lamp": LAMPS, "pose": POSES}[field][new])

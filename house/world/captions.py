"""Captions: the same picture in many words, short or long, in any order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from house.world.fields import BACKDROPS, IDENTITY, PERSON, SCENE, Attributes
from house.world.phrases import ART, BARE_HATS, BARE_TOPS, COLOURS, FILLERS, GINGER, MOUTH_FIRST, PEOPLE, SCENES
from house.world.rules import visible

# A value that goes without saying is named seldom; a thing that is there nearly always.
SILENT = {"clear", "natural", "none", "no", "calm", "front", "even", "poster"}
THINGS = {
    "boat",
    "house",
    "balloon",
    "tree",
    "birds",
    "glasses",
    "beard",
    "hat",
    "hat_colour",
    "stars",
    "disc",
    "land",
    "who",
    "shirt",
}
NOUNS = (
    "a ",
    "an ",
    "the ",
    "no ",
    "stars",
    "birds",
    "clouds",
    "many",
    "flying",
    "twinkling",
)  # what "with" can precede


@dataclass(frozen=True)
class Caption:
    """Words for a picture, and which of its attributes they name."""

    text: str
    named: tuple[str, ...]


def caption(a: Attributes, rng: random.Random, *, name: str = "", every: bool = False, of: str = "") -> Caption:
    """One caption; `name` stands for what one would say of a known face.

    `every` names all that can be seen, `of` an attribute that is named in any case.
    """
    named = _choose(a, rng, bool(name), every) | ({of} if of and visible(a, of) else set())
    text = _scene(a, named, rng) if a["kind"] == "scene" else _person(a, named, rng, name)
    if not every and rng.random() < 0.1:
        text = rng.choice(["{t}, {f}", "{f} {t}"]).format(t=text, f=rng.choice(FILLERS))
    if rng.random() < 0.15:
        text = text[0].upper() + text[1:] + "."
    return Caption(text, tuple(sorted(named)))


def an(word: str) -> str:
    """A word with its article."""
    return ("an " if word[0] in "aeiou" else "a ") + word


def colour(value: str, rng: random.Random, hair: bool = False) -> str:
    """A colour by its plain name, or by another one now and then."""
    if rng.random() < 0.8:
        return value
    return rng.choice(GINGER if hair and value == "red" else COLOURS.get(value, [value]))


def _choose(a: Attributes, rng: random.Random, known: bool, every: bool) -> set[str]:
    fields = [f for f in (SCENE if a["kind"] == "scene" else PERSON) if visible(a, f) and not (known and f in IDENTITY)]
    if every:
        return set(fields)
    few = rng.random()
    count = rng.randint(1, 3) if few < 0.3 else rng.randint(3, 6) if few < 0.65 else rng.randint(6, len(fields))
    weights = {f: (0.3 if a[f] in SILENT else 5.0 if f in THINGS else 1.0) * (1 - rng.random()) ** 0.7 for f in fields}
    return set(sorted(fields, key=lambda f: -weights[f])[:count])


def _say(table: dict[str, list[str]], value: str, rng: random.Random, tint: str = "") -> str:
    phrase = rng.choice(table.get(value) or table[""])
    return phrase.format(c=an(tint), d=tint) if tint else phrase


def _scene(a: Attributes, named: set[str], rng: random.Random) -> str:
    parts: list[str] = []
    for field in ("weather", "disc", "stars", "palette", "tree", "birds", "house", "balloon"):
        if field in named:
            tint = colour(a[field], rng) if field in ("house", "balloon") else ""
            parts.append(_say(SCENES[field], a[field], rng, tint))
    land = _say(SCENES["land"], a["land"], rng) if "land" in named else ""
    if "boat" in named and a["boat"] != "none":
        ship = _say(SCENES["boat"], a["boat"], rng, colour(a["boat"], rng))
        land = rng.choice([f"{ship} on {land}", f"{land} with {ship}", f"{ship}, {land}"]) if land else ship
    elif "boat" in named and a["land"] == "sea":
        parts.append(_say(SCENES["boat"], "none", rng))
    hour = _say(SCENES["hour"], a["hour"], rng) if "hour" in named else ""
    rng.shuffle(parts)
    if rng.random() < 0.3:  # a plain list of tags
        tags = [tag for tag in [land, hour, *parts] if tag]
        rng.shuffle(tags)
        return _with_art(a, named, rng, ", ".join(tags) or "a landscape", tags=True)
    start = " ".join(part for part in (land or rng.choice(["a landscape", "a scene", "a view"]), hour) if part)
    if hour and land and rng.random() < 0.25:
        start = f"{hour}, {land}"
    if parts and parts[0].startswith(NOUNS) and rng.random() < 0.6:
        start += f" with {parts[0]}"
        parts = parts[1:]
    return _with_art(a, named, rng, _join(start, parts, rng))


def _person(a: Attributes, named: set[str], rng: random.Random, name: str) -> str:
    tags = rng.random() < 0.3
    noun = name or (
        _say(PEOPLE["who"], a["who"], rng) if "who" in named else rng.choice(["person", "person", "face", "portrait"])
    )
    first = MOUTH_FIRST[a["mouth"]] if "mouth" in named and rng.random() < 0.5 and not name else ""
    has = [_say(PEOPLE[f], a[f], rng) for f in ("face", "skin", "eyes", "brows", "glasses") if f in named]
    if "mouth" in named and not first:
        has.append(_say(PEOPLE["mouth"], a["mouth"], rng))
    has += _hair(a, named, rng)
    wears = _clothes(a, named, rng)
    stands = [_say(PEOPLE[f], a[f], rng) for f in ("pose", "lamp") if f in named]
    if "background" in named:
        tint = colour(a["background"], rng) if a["background"] in BACKDROPS else ""
        stands.append(_say(PEOPLE["background"], a["background"], rng, tint))
    for group in (has, wears, stands):
        rng.shuffle(group)
    subject = f"{first} {noun}".strip()
    if tags:
        listed = [*has, *wears, *stands]
        rng.shuffle(listed)
        return _with_art(a, named, rng, ", ".join([subject, *listed]), tags=True)
    start = subject if name else an(subject)
    if rng.random() < 0.35:
        start = rng.choice(["a portrait of ", "portrait of ", "a picture of ", "a headshot of "]) + start
    groups: list[Callable[[], str]] = []
    if has:
        groups.append(lambda: "with " + _and(has))
    if wears:
        groups.append(lambda: rng.choice(["wearing ", "in ", "dressed in "]) + _and(wears))
    if stands:
        groups.append(lambda: ", ".join(stands))
    rng.shuffle(groups)
    text = start
    for make in groups:
        said = make()
        text += (" " if said.startswith(("with", "wearing", "in ")) and rng.random() < 0.6 else ", ") + said
    return _with_art(a, named, rng, text)


def _hair(a: Attributes, named: set[str], rng: random.Random) -> list[str]:
    """Hair and beard; a colour belongs to whichever of them is there."""
    said, tint = [], colour(a["hair"], rng, hair=True) if "hair" in named else ""
    if "cut" in named:
        phrase = rng.choice(PEOPLE["cut"][a["cut"]])
        said.append(" ".join(phrase.format(d=tint).split()))
    elif tint and a["cut"] != "bald":
        said.append(f"{tint} hair")
    if "beard" in named:
        phrase = _say(PEOPLE["beard"], a["beard"], rng)
        if a["beard"] != "none" and tint and (a["cut"] == "bald" or rng.random() < 0.5):
            article, rest = phrase.split(" ", 1)
            phrase = f"{an(tint)} {rest}" if article in ("a", "an") else phrase
        said.append(phrase)
    elif tint and a["cut"] == "bald" and a["beard"] != "none":
        said.append(f"{an(tint)} {a['beard']}")
    return [phrase[2:] if phrase.startswith("a  ") else phrase for phrase in said]


def _clothes(a: Attributes, named: set[str], rng: random.Random) -> list[str]:
    said = []
    if "shirt" in named:
        said.append(_say(PEOPLE["wear"], a["wear"] if "wear" in named else "", rng, colour(a["shirt"], rng)))
    elif "wear" in named:
        said.append(an(BARE_TOPS[a["wear"]]))
    if "hat" in named and a["hat"] == "none":
        said.append("no hat")
    elif "hat_colour" in named:
        said.append(_say(PEOPLE["hat"], a["hat"] if "hat" in named else "", rng, colour(a["hat_colour"], rng)))
    elif "hat" in named:
        said.append(an(BARE_HATS[a["hat"]]))
    return said


def _with_art(a: Attributes, named: set[str], rng: random.Random, text: str, tags: bool = False) -> str:
    if "art" not in named:
        return text
    art = rng.choice(ART[a["art"]])
    if not tags and art.startswith(("a ", "an ")) and text.startswith(NOUNS) and rng.random() < 0.6:
        return f"{art} of {text}"
    return f"{text}, {art}" if rng.random() < 0.7 else f"{art}, {text}"


def _and(parts: Iterable[str]) -> str:
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last


def _join(start: str, parts: list[str], rng: random.Random) -> str:
    if not parts:
        return start
    return f"{start}, {_and(parts)}" if rng.random() < 0.4 else ", ".join([start, *parts])

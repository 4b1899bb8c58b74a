"""Which combinations exist, which are kept from training, and what can be seen of them."""

from __future__ import annotations

from house.world.fields import FIELDS, PERSON, SCENE, Attributes

# The one place that says which combinations no training picture shows. They are what the model is measured on.
HELD_OUT_SCENES = {("dunes", "night"), ("forest", "dusk"), ("sea", "dawn"), ("city", "day")}  # land, hour
HELD_OUT_PEOPLE = {
    ("red", "purple"),
    ("grey", "yellow"),
    ("blond", "black"),
    ("black", "green"),
    ("brown", "orange"),
}  # hair, shirt
HELD_OUT_HATS = {("beanie", "purple"), ("cap", "green"), ("brim", "blue")}  # hat, its colour

GROUND = {"mountains", "hills", "dunes"}  # where a tree or a house stands


def held_out(a: Attributes) -> bool:
    """Whether a combination is kept away from training."""
    if a["kind"] == "scene":
        return (a["land"], a["hour"]) in HELD_OUT_SCENES
    return (a["hair"], a["shirt"]) in HELD_OUT_PEOPLE or (a["hat"], a["hat_colour"]) in HELD_OUT_HATS


def tidy(a: Attributes) -> Attributes:
    """The nearest combination that the world has: no sun at night, no boat in the dunes, no bearded woman."""
    return _tidy_scene(dict(a)) if a["kind"] == "scene" else _tidy_person(dict(a))


def _tidy_scene(a: Attributes) -> Attributes:
    if a["weather"] in ("rain", "snow"):
        a["disc"] = "none"
    if a["disc"] == "sun" and a["hour"] == "night":
        a["disc"] = "full moon"
    if a["disc"] in ("crescent", "full moon") and a["hour"] == "day":
        a["disc"] = "sun"
    if a["hour"] in ("dawn", "day") or a["weather"] != "clear":
        a["stars"] = "no"
    if a["land"] != "sea":
        a["boat"] = "none"
    if a["land"] not in GROUND:
        a["house"] = a["tree"] = "none"
    if a["tree"] == "palm" and a["land"] != "dunes":
        a["tree"] = "oak"
    if a["land"] == "dunes" and a["tree"] not in ("none", "bare"):
        a["tree"] = "palm"
    return a


def _tidy_person(a: Attributes) -> Attributes:
    if a["who"] == "woman":
        a["beard"] = "none"
        a["cut"] = "short" if a["cut"] == "bald" else a["cut"]
    elif a["cut"] == "braids":
        a["cut"] = "long"
    if a["hat"] != "none" and a["cut"] == "bun":
        a["cut"] = "long"
    if a["hat"] == "none":
        a["hat_colour"] = "red"  # says nothing, and must not tell two pictures apart
    return a


def visible(a: Attributes, field: str) -> bool:
    """Whether an attribute can be read from the picture at all."""
    if field == "kind":
        return True
    if a["kind"] == "scene":
        return field in SCENE
    if field not in PERSON:
        return False
    if field == "hair":
        return a["cut"] != "bald" or a["beard"] != "none"
    if field == "hat_colour":
        return a["hat"] != "none"
    if field in ("eyes", "brows"):
        return a["glasses"] != "sunglasses"
    if field == "cut":
        return a["hat"] == "none" or a["cut"] not in ("short", "bald")
    if field == "face":
        return a["beard"] != "beard"
    return True


def fields_of(a: Attributes) -> list[str]:
    """The attributes that can be read from this picture, its kind apart."""
    return [field for field in (SCENE if a["kind"] == "scene" else PERSON) if visible(a, field)]


def differs(a: Attributes, b: Attributes) -> list[str]:
    """The attributes in which two pictures differ."""
    return [field for field in FIELDS if a.get(field) != b.get(field)]

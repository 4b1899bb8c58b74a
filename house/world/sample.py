"""Draws what a picture shows, each attribute by itself."""

from __future__ import annotations

import random
from collections.abc import Mapping

from house.world.fields import FIELDS, PERSON, SCENE, SHAPES, Attributes
from house.world.rules import held_out, tidy

# How often the value that says "nothing here" is drawn, so that a picture has a subject and not everything at once.
OFTEN = {
    "weather": ("clear", 0.55),
    "disc": ("none", 0.25),
    "palette": ("natural", 0.45),
    "boat": ("none", 0.15),
    "house": ("none", 0.5),
    "balloon": ("none", 0.72),
    "tree": ("none", 0.45),
    "birds": ("no", 0.65),
    "glasses": ("none", 0.4),
    "beard": ("none", 0.4),
    "hat": ("none", 0.45),
    "cut": ("bald", 0.06),
    "pose": ("front", 0.4),
    "lamp": ("even", 0.3),
}


def sample(rng: random.Random, kind: str | None = None, held: bool | None = False) -> Attributes:
    """One picture's attributes; `held` picks usual (False), held-out (True) or all (None) combinations."""
    while True:
        now = kind or rng.choice(FIELDS["kind"])
        drawn = tidy({"kind": now} | {name: pick(rng, name) for name in (SCENE if now == "scene" else PERSON)})
        if held is None or held_out(drawn) == held:
            return drawn


def sample_shape(rng: random.Random) -> str:
    """Square, tall or wide; half of all pictures are square."""
    return rng.choice(["square", *SHAPES])


def pick(rng: random.Random, field: str, often: Mapping[str, tuple[str, float]] = OFTEN) -> str:
    """A value of one attribute."""
    if field not in often:
        return rng.choice(FIELDS[field])
    usual, share = often[field]
    if rng.random() < share:
        return usual
    return rng.choice([value for value in FIELDS[field] if value != usual])

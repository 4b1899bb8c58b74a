"""Tiny figures who look into the distance."""

from __future__ import annotations

import random

import numpy as np

from .colour import lab, lighter
from .curves import smooth
from .easel import Brush
from .wish import Thing

COATS = ("d8452f", "e0a03c", "2d4f7c", "3f7f6a", "f3ead8")


def person(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A wanderer in a long coat, one unit tall, seen from behind."""
    coat, bound = brush.easel.own(thing, COATS[dice.randrange(3)] if dice.random() < 0.8 else dice.choice(COATS))
    skirt = thing.kind == "woman" or (thing.kind == "person" and dice.random() < 0.35)
    brush.shapes(
        [
            [(-0.085, 0.4), (-0.095, -0.02), (-0.02, -0.02), (-0.01, 0.4)],
            [(0.01, 0.4), (0.03, -0.02), (0.1, -0.02), (0.085, 0.4)],
        ],
        "2b2733",
    )
    hem = 0.24 if skirt else 0.36
    brush.blob(
        [
            (-0.17 if skirt else -0.13, hem),
            (-0.12, 0.56),
            (-0.12, 0.76),
            (0, 0.83),
            (0.12, 0.76),
            (0.12, 0.56),
            (0.17 if skirt else 0.13, hem),
            (0, hem - 0.02),
        ],
        coat,
        own=bound,
    )
    brush.lines(
        [
            smooth([(-0.11, 0.74), (-0.18, 0.58), (-0.16, 0.42)], closed=False),
            smooth([(0.11, 0.74), (0.18, 0.58), (0.16, 0.42)], closed=False),
        ],
        0.065,
        lighter(coat, -0.06),
        own=bound,
    )
    brush.disc(0, 0.91, 0.082, dice.choice(("e0b08c", "c68b65", "8a5a3f")))
    hair = dice.choice(("33262a", "5a3a2a", "8a5a32", "2b2733"))
    if skirt:
        brush.blob([(-0.09, 0.93), (0, 1.01), (0.09, 0.93), (0.1, 0.76), (0.0, 0.72), (-0.1, 0.76)], hair)
    elif dice.random() < 0.5:
        brush.polygon(
            [(-0.15, 0.945), (0.15, 0.945), (0.08, 0.97), (0.06, 1.05), (-0.06, 1.05), (-0.08, 0.97)], "3a2f33"
        )
    else:
        brush.blob([(-0.085, 0.9), (-0.07, 0.98), (0, 1.0), (0.07, 0.98), (0.085, 0.9), (0, 0.93)], hair)
    scarf = lab("f0c86a")
    brush.shapes(
        [
            np.array(
                [(-0.09, 0.82), (0.09, 0.82), (0.09, 0.78), (0.24, 0.74), (0.22, 0.69), (0.06, 0.75), (-0.09, 0.77)]
            )
        ],
        scarf,
        lift=-1,
    )

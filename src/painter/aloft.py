"""What flies: balloons, kites, birds, aeroplanes, rockets and stranger guests."""

from __future__ import annotations

import math
import random

import numpy as np

from .colour import lab, lighter, mix
from .curves import arc, smooth
from .easel import Brush
from .wish import Thing

STRIPES = (("d8452f", "f5e3c0"), ("2f6f8f", "f3d9a4"), ("e2a23a", "c64b3a"), ("6a4c93", "f2c7b0"), ("2a7f6f", "f0e6cf"))


def balloon(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A hot-air balloon with gores, one unit tall."""
    first, second = dice.choice(STRIPES)
    body, bound = brush.easel.own(thing, first)
    pale = mix(body, lab("fff6e6"), 0.72) if bound else lab(second)
    knots = [(0, -0.12), (0.1, -0.1), (0.3, 0.16), (0.4, 0.44), (0.3, 0.74), (0, 0.86)]
    side = smooth(knots, closed=False, pieces=6)

    def gore(left: float, right: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.vstack([side * (left, 1), (side * (right, 1))[::-1]])

    brush.lines(
        [[(-0.09, -0.09), (-0.055, -0.3)], [(0.09, -0.09), (0.055, -0.3)], [(0, -0.1), (0, -0.3)]], 0.008, "4a3b33"
    )
    brush.polygon(gore(-1, 1), body, own=bound)
    edges = [math.sin(a) for a in np.linspace(-math.pi / 2, math.pi / 2, 8)]
    brush.shapes([gore(edges[k], edges[k + 1]) for k in range(1, 7, 2)], pale, own=bound, lift=-1, outline=False)
    lit = 1 if brush.easel.light[0] * brush.easel.sheet.width < brush.x else -1
    brush.shapes([gore(0.42 * lit, 1.0 * lit)], brush.easel.palette.shade, raw=True, alpha=0.2, lift=-1, outline=False)
    brush.polygon([(-0.075, -0.3), (0.075, -0.3), (0.06, -0.42), (-0.06, -0.42)], "7a5230")
    brush.lines([[(-0.08, -0.3), (0.08, -0.3)]], 0.02, "4f3420")
    if brush.easel.scene.dark:
        brush.glow(0, 0.1, 0.6, brush.easel.palette.lamp, 0.5)


def kite(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A paper kite with a tail of bows."""
    body, bound = brush.easel.own(thing, dice.choice(("d8452f", "e2a23a", "2f6f8f")))
    tail = smooth([(0, -0.5), (0.1, -0.75), (-0.08, -1.0), (0.08, -1.3), (-0.02, -1.55)], closed=False)
    brush.lines([tail], 0.014, "4a3b33")
    brush.lines([smooth([(0, 0), (-0.6, -1.0), (-0.8, -2.6)], closed=False)], 0.006, "4a3b33", alpha=0.6)
    for index in (9, 18, 27):
        x, y = tail[min(index, len(tail) - 1)]
        brush.shapes(
            [
                [(x - 0.09, y + 0.05), (x, y), (x - 0.09, y - 0.05)],
                [(x + 0.09, y + 0.05), (x, y), (x + 0.09, y - 0.05)],
            ],
            lighter(body, 0.12),
            own=bound,
            lift=-1,
        )
    brush.polygon([(0, 0.5), (0.36, 0.12), (0, -0.5), (-0.36, 0.12)], body, own=bound)
    brush.shapes(
        [[(0, 0.5), (0.36, 0.12), (0, 0.12)], [(0, 0.12), (-0.36, 0.12), (0, -0.5)]],
        lighter(body, 0.13),
        own=bound,
        lift=-1,
        outline=False,
    )


def birds(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """One bird of a flock, wings at any beat."""
    own, bound = brush.easel.own(thing, "2b2f3d")
    dark = brush.easel.palette.hour.dark > 0.6
    colour = (
        own
        if bound
        else brush.easel.palette.graded(mix(brush.easel.palette.shade, lab("fff6ea"), 0.8 if dark else 0.0))
    )
    beat = dice.uniform(0.1, 0.5)
    top = smooth(
        [(-0.5, beat * 0.55), (-0.24, beat), (0, 0.0), (0.24, beat), (0.5, beat * 0.5)], closed=False, pieces=6
    )
    low = smooth(
        [(0.5, beat * 0.5), (0.22, beat - 0.1), (0.02, -0.1), (-0.22, beat - 0.1), (-0.5, beat * 0.55)],
        closed=False,
        pieces=6,
    )
    brush.shapes([np.vstack([top, low])], colour, raw=True, lift=-1, outline=False, alpha=0.88)


def plane(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A small aeroplane and its trail."""
    body, bound = brush.easel.own(thing, "f6f2ea")
    brush.shapes(
        [[(-0.5, 0.03), (-3.2, -0.5), (-3.2, -0.56), (-0.5, -0.03)]], "ffffff", alpha=0.4, lift=-1, outline=False
    )
    brush.polygon([(-0.42, 0.02), (-0.56, 0.26), (-0.44, 0.26), (-0.26, 0.04)], lighter(body, -0.1), own=bound)
    brush.blob(
        [(-0.5, 0.02), (0, 0.09), (0.42, 0.06), (0.52, 0), (0.4, -0.06), (0, -0.07), (-0.4, -0.03)], body, own=bound
    )
    brush.polygon([(0.08, 0.0), (-0.22, -0.34), (-0.1, -0.34), (0.24, 0.0)], lighter(body, -0.16), own=bound)
    brush.polygon([(0.3, 0.06), (0.38, 0.055), (0.42, 0.02), (0.3, 0.02)], "39597a")


def rocket(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A rocket on its flame."""
    body, bound = brush.easel.own(thing, "f3eee2")
    for k in range(7):
        brush.disc(dice.uniform(-0.05, 0.05) * k, -0.62 - 0.2 * k, 0.07 + 0.035 * k, "f2e6d8", alpha=0.5 - 0.055 * k)
    brush.glow(0, -0.55, 0.7, lab("ffb35c"), 0.8)
    brush.blob([(-0.11, -0.4), (0.11, -0.4), (0.06, -0.66), (0, -0.86), (-0.06, -0.66)], "ff9c45", raw=True)
    brush.blob([(-0.06, -0.4), (0.06, -0.4), (0.02, -0.58), (0, -0.66), (-0.02, -0.58)], "fff0b8", raw=True)
    brush.polygon([(-0.14, -0.08), (-0.34, -0.46), (-0.12, -0.34)], "c8402f")
    brush.polygon([(0.14, -0.08), (0.34, -0.46), (0.12, -0.34)], "a8322b")
    hull = smooth([(0, 0.68), (0.16, 0.32), (0.18, -0.1), (0.12, -0.4), (-0.12, -0.4), (-0.18, -0.1), (-0.16, 0.32)])
    brush.polygon(hull, body, own=bound)
    brush.blob(
        [(0.03, 0.5), (0.15, 0.28), (0.17, -0.1), (0.11, -0.38), (0.03, -0.38), (0.07, 0.0)],
        lighter(body, -0.12),
        own=bound,
    )
    brush.polygon(
        np.vstack([smooth([(-0.125, 0.4), (-0.06, 0.58), (0, 0.69), (0.06, 0.58), (0.125, 0.4)], closed=False)]),
        "c8402f",
    )
    brush.disc(0, 0.16, 0.085, "c8402f")
    brush.disc(0, 0.16, 0.06, "8fd0e0")


def ufo(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A visitor with its beam."""
    body, bound = brush.easel.own(thing, "8f9bb0")
    glow = brush.easel.palette.graded(lab("d7ffd0"))
    brush.shapes(
        [[(-0.16, -0.1), (0.16, -0.1), (0.6, -1.7), (-0.6, -1.7)]], glow, raw=True, alpha=0.28, lift=-1, outline=False
    )
    brush.polygon(arc(0, 0.05, 0.24, 0, 180, 1.05), "bfe8ee", alpha=0.9)
    brush.disc(0, 0, 0.52, body, 0.14, own=bound)
    brush.polygon(arc(0, 0, 0.52, 180, 360, 0.27), lighter(body, -0.14), own=bound)
    for k in range(5):
        brush.disc(-0.34 + 0.17 * k, -0.02 - 0.03 * (2 - abs(k - 2)), 0.03, "ffe38a", raw=True)
    brush.glow(0, -0.1, 0.8, glow, 0.35)

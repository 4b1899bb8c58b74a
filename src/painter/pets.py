"""Cats and dogs, sitting."""

from __future__ import annotations

import random

from .colour import lab, lighter
from .curves import smooth
from .easel import Brush
from .wish import Thing


def cat(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A cat seen from behind, looking out, its tail hanging down; one unit tall."""
    coat, bound = brush.easel.own(
        thing,
        dice.choice(
            ("d98a45", "a3a0a6", "f1e9dc")
            if brush.easel.scene.dark
            else ("2b2a33", "d98a45", "8c8a90", "f1e9dc", "3a3036")
        ),
    )
    dark = lighter(coat, -0.07)
    sway = dice.uniform(-0.08, 0.08)
    tail = smooth([(0.2, 0.06), (0.34, -0.02), (0.4, -0.2), (0.34 + sway, -0.36), (0.42 + sway, -0.44)], closed=False)
    brush.lines([tail], 0.075, dark, own=bound)
    brush.blob(
        [
            (-0.24, 0.0),
            (-0.29, 0.16),
            (-0.23, 0.38),
            (-0.14, 0.58),
            (-0.12, 0.68),
            (0.12, 0.68),
            (0.14, 0.58),
            (0.23, 0.38),
            (0.29, 0.16),
            (0.24, 0.0),
            (0.0, -0.02),
        ],
        coat,
        own=bound,
    )
    brush.blob(
        [
            (-0.21, 0.78),
            (-0.19, 0.9),
            (-0.1, 0.93),
            (0.1, 0.93),
            (0.19, 0.9),
            (0.21, 0.78),
            (0.13, 0.66),
            (0, 0.63),
            (-0.13, 0.66),
        ],
        coat,
        own=bound,
    )
    brush.shapes(
        [[(-0.2, 0.84), (-0.19, 1.05), (-0.06, 0.93)], [(0.2, 0.84), (0.19, 1.05), (0.06, 0.93)]], coat, own=bound
    )
    brush.shapes(
        [[(-0.175, 0.9), (-0.172, 1.0), (-0.1, 0.93)], [(0.175, 0.9), (0.172, 1.0), (0.1, 0.93)]],
        dark,
        own=bound,
        lift=-1,
        outline=False,
    )
    for y, half in ((0.5, 0.1), (0.4, 0.13), (0.3, 0.14)):
        stripe = smooth([(-half, y), (0, y - 0.035), (half, y)], closed=False)
        brush.lines([stripe], 0.022, dark, own=bound, alpha=0.8)
    brush.lines(
        [[(-0.05, 0.93), (-0.045, 0.85)], [(0, 0.93), (0, 0.83)], [(0.05, 0.93), (0.045, 0.85)]],
        0.016,
        dark,
        own=bound,
        alpha=0.8,
    )
    side = 1.0 if brush.easel.light[0] * brush.easel.sheet.width > brush.x else -1.0
    rim = smooth(
        [(side * 0.125, 0.66), (side * 0.15, 0.56), (side * 0.235, 0.38), (side * 0.285, 0.16), (side * 0.25, 0.02)],
        closed=False,
    )
    brush.lines([rim], 0.018, brush.easel.palette.light, raw=True, alpha=0.55)
    whiskers = [[(s * 0.19, 0.74), (s * 0.34, 0.74 + k * 0.03)] for s in (-1, 1) for k in (-1, 0, 1)]
    brush.lines(whiskers, 0.006, lighter(coat, 0.25), own=bound, alpha=0.7)


def dog(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A dog sitting in profile with a collar; one unit tall."""
    coat, bound = brush.easel.own(thing, dice.choice(("b9783f", "3a3036", "e9d9bd", "7a4a2d")))
    dark = lighter(coat, -0.09)
    brush.lines(
        [smooth([(-0.26, 0.05), (-0.44, 0.08), (-0.5, 0.26), (-0.44, 0.34)], closed=False)], 0.07, dark, own=bound
    )
    brush.blob(
        [(-0.3, 0.0), (-0.34, 0.18), (-0.24, 0.42), (-0.1, 0.6), (0.1, 0.66), (0.18, 0.5), (0.18, 0.28), (0.18, 0.0)],
        coat,
        own=bound,
    )
    brush.blob([(-0.28, 0.0), (-0.32, 0.16), (-0.16, 0.28), (-0.02, 0.16), (0.02, 0.0)], dark, own=bound)
    brush.shapes(
        [smooth([(0.08, 0.4), (0.09, 0.0), (0.24, 0.0), (0.24, 0.04), (0.18, 0.08), (0.2, 0.44)])],
        lighter(coat, -0.03),
        own=bound,
    )
    brush.blob(
        [
            (-0.08, 0.6),
            (-0.08, 0.86),
            (0.04, 0.97),
            (0.18, 0.95),
            (0.25, 0.86),
            (0.42, 0.8),
            (0.45, 0.72),
            (0.36, 0.66),
            (0.2, 0.64),
            (0.1, 0.56),
        ],
        coat,
        own=bound,
    )
    brush.blob([(-0.02, 0.93), (-0.12, 0.9), (-0.19, 0.7), (-0.14, 0.57), (-0.05, 0.62), (0.03, 0.82)], dark, own=bound)
    brush.disc(0.44, 0.765, 0.032, "1d1620", 0.026)
    brush.disc(0.2, 0.84, 0.021, "1d1620")
    brush.disc(0.207, 0.847, 0.007, "ffffff")
    brush.lines([smooth([(0.42, 0.7), (0.34, 0.69), (0.28, 0.71)], closed=False)], 0.012, dark, own=bound)
    brush.lines([smooth([(-0.07, 0.62), (0.03, 0.565), (0.14, 0.6)], closed=False)], 0.045, lab("c8342b"))
    brush.disc(0.13, 0.57, 0.026, "f0c23a")

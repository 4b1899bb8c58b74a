"""Wild animals as simple silhouettes, facing right, about the middle of their feet."""

from __future__ import annotations

import random

from .colour import lighter
from .creatures import coat_of, legs
from .curves import Points, smooth
from .easel import Brush
from .wish import Thing


def deer(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A stag with antlers."""
    coat, bound = coat_of(brush, thing, "8a5a3a")
    legs(brush, [(-0.22, 0.45), (0.2, 0.45)], 0.04, lighter(coat, -0.1), bound)
    legs(brush, [(-0.3, 0.45), (0.13, 0.45)], 0.045, coat, bound)
    horn: list[Points] = [
        smooth([(0.42, 0.98), (0.36, 1.12), (0.44, 1.3)], closed=False),
        [(0.38, 1.1), (0.5, 1.18)],
        [(0.41, 1.22), (0.33, 1.3)],
        smooth([(0.38, 0.98), (0.26, 1.1), (0.24, 1.3)], closed=False),
        [(0.27, 1.1), (0.17, 1.17)],
        [(0.25, 1.2), (0.34, 1.26)],
    ]
    brush.lines(horn, 0.025, "c9a880")
    brush.blob(
        [
            (-0.36, 0.6),
            (-0.3, 0.42),
            (0, 0.4),
            (0.2, 0.4),
            (0.3, 0.62),
            (0.36, 0.84),
            (0.44, 0.86),
            (0.58, 0.84),
            (0.6, 0.9),
            (0.46, 1.0),
            (0.36, 0.99),
            (0.27, 0.86),
            (0.16, 0.68),
            (-0.1, 0.66),
            (-0.3, 0.68),
        ],
        coat,
        own=bound,
    )
    brush.blob([(0.36, 0.98), (0.26, 1.05), (0.3, 0.96)], lighter(coat, -0.05), own=bound)
    brush.blob([(-0.36, 0.66), (-0.42, 0.58), (-0.34, 0.52)], "f4ead8")
    brush.disc(0.47, 0.935, 0.014, "221a1a")


def fox(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A fox sitting, its tail round its feet."""
    coat, bound = coat_of(brush, thing, "d96b2b")
    brush.blob([(-0.1, 0.0), (-0.5, 0.02), (-0.62, 0.2), (-0.5, 0.36), (-0.36, 0.2), (-0.1, 0.14)], coat, own=bound)
    brush.blob([(-0.62, 0.2), (-0.56, 0.3), (-0.5, 0.37), (-0.48, 0.26), (-0.54, 0.18)], "fbf3e4")
    brush.blob([(-0.2, 0.0), (-0.24, 0.28), (-0.1, 0.6), (0.06, 0.74), (0.2, 0.6), (0.22, 0.0)], coat, own=bound)
    brush.blob([(0.08, 0.62), (0.2, 0.58), (0.2, 0.3), (0.1, 0.34)], "fbf3e4")
    brush.shapes([[(0.08, 0.4), (0.1, -0.01), (0.2, -0.01), (0.2, 0.4)]], lighter(coat, -0.12), own=bound, lift=-1)
    brush.polygon([(-0.06, 0.86), (-0.06, 1.1), (0.1, 0.94)], coat, own=bound)
    brush.polygon([(0.12, 0.94), (0.22, 1.1), (0.26, 0.86)], lighter(coat, -0.06), own=bound)
    brush.blob(
        [
            (-0.1, 0.82),
            (-0.02, 0.94),
            (0.14, 0.96),
            (0.28, 0.86),
            (0.36, 0.72),
            (0.44, 0.66),
            (0.3, 0.62),
            (0.1, 0.62),
            (-0.06, 0.68),
        ],
        coat,
        own=bound,
    )
    brush.blob([(0.02, 0.68), (0.2, 0.72), (0.34, 0.68), (0.42, 0.65), (0.3, 0.61), (0.1, 0.6)], "fbf3e4")
    brush.disc(0.44, 0.66, 0.024, "221a1a")
    brush.disc(0.22, 0.78, 0.02, "221a1a")


def bear(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A bear walking."""
    coat, bound = coat_of(brush, thing, "5a3f30" if brush.easel.scene.season != "snow" else "f4f0e6")
    brush.shapes(
        [
            [(-0.3, 0.4), (-0.3, -0.02), (-0.14, -0.02), (-0.12, 0.4)],
            [(0.26, 0.4), (0.3, -0.02), (0.44, -0.02), (0.4, 0.4)],
        ],
        lighter(coat, -0.08),
        own=bound,
    )
    brush.blob(
        [
            (-0.54, 0.5),
            (-0.52, 0.2),
            (-0.5, 0.0),
            (-0.34, -0.02),
            (-0.3, 0.22),
            (0.05, 0.24),
            (0.08, 0.0),
            (0.24, -0.02),
            (0.26, 0.26),
            (0.4, 0.4),
            (0.56, 0.4),
            (0.72, 0.44),
            (0.74, 0.52),
            (0.62, 0.64),
            (0.5, 0.7),
            (0.36, 0.68),
            (0.2, 0.74),
            (-0.1, 0.68),
            (-0.4, 0.68),
        ],
        coat,
        own=bound,
    )
    brush.disc(0.46, 0.7, 0.06, coat, own=bound)
    brush.blob([(0.62, 0.43), (0.72, 0.43), (0.75, 0.52), (0.64, 0.56)], lighter(coat, 0.12), own=bound)
    brush.disc(0.74, 0.5, 0.024, "1d1620")
    brush.disc(0.59, 0.59, 0.016, "1d1620")


def rabbit(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A hare sitting up."""
    coat, bound = coat_of(brush, thing, dice.choice(("a8876a", "f2ece0", "8a7f7a")))
    brush.blob([(0.02, 0.74), (-0.08, 1.0), (-0.06, 1.2), (0.02, 1.16), (0.08, 0.8)], lighter(coat, -0.07), own=bound)
    brush.disc(-0.34, 0.14, 0.09, "fbf6ec")
    brush.blob(
        [(-0.32, 0.0), (-0.34, 0.26), (-0.2, 0.46), (0.0, 0.52), (0.14, 0.44), (0.2, 0.2), (0.18, 0.0)], coat, own=bound
    )
    brush.blob([(0.1, 0.76), (0.1, 1.04), (0.16, 1.22), (0.22, 1.14), (0.18, 0.8)], coat, own=bound)
    brush.blob([(0.13, 0.84), (0.13, 1.02), (0.165, 1.14), (0.19, 1.08), (0.165, 0.84)], "e9a8a0", alpha=0.8)
    brush.blob(
        [(0.0, 0.62), (0.04, 0.78), (0.18, 0.8), (0.32, 0.68), (0.34, 0.58), (0.2, 0.48), (0.06, 0.5)], coat, own=bound
    )
    brush.disc(0.2, 0.66, 0.024, "1d1620")
    brush.blob([(0.02, 0.02), (0.02, -0.02), (0.28, -0.02), (0.28, 0.04), (0.18, 0.06)], lighter(coat, 0.06), own=bound)


def elephant(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """An elephant walking."""
    skin, bound = coat_of(brush, thing, "8f8f9a")
    brush.shapes(
        [
            [(-0.26, 0.4), (-0.24, -0.02), (-0.1, -0.02), (-0.1, 0.4)],
            [(0.22, 0.4), (0.22, -0.02), (0.36, -0.02), (0.34, 0.4)],
        ],
        lighter(skin, -0.1),
        own=bound,
    )
    brush.shapes(
        [
            [(-0.46, 0.5), (-0.42, -0.02), (-0.27, -0.02), (-0.26, 0.4)],
            [(0.02, 0.4), (0.04, -0.02), (0.19, -0.02), (0.2, 0.4)],
        ],
        skin,
        own=bound,
    )
    brush.blob(
        [
            (-0.5, 0.6),
            (-0.46, 0.36),
            (-0.1, 0.3),
            (0.2, 0.32),
            (0.38, 0.5),
            (0.34, 0.84),
            (0.1, 0.92),
            (-0.2, 0.92),
            (-0.42, 0.82),
        ],
        skin,
        own=bound,
    )
    trunk = smooth([(0.52, 0.66), (0.66, 0.5), (0.66, 0.24), (0.7, 0.06), (0.78, 0.04)], closed=False)
    brush.lines([trunk], 0.09, skin, own=bound)
    brush.blob(
        [(0.28, 0.84), (0.4, 0.96), (0.56, 0.92), (0.64, 0.76), (0.62, 0.56), (0.5, 0.5), (0.32, 0.56)], skin, own=bound
    )
    brush.blob(
        [(0.26, 0.86), (0.38, 0.84), (0.42, 0.62), (0.3, 0.42), (0.16, 0.5), (0.12, 0.72)],
        lighter(skin, -0.07),
        own=bound,
    )
    brush.lines([smooth([(0.56, 0.54), (0.64, 0.42), (0.76, 0.42)], closed=False)], 0.035, "f8f0dc")
    brush.disc(0.52, 0.76, 0.018, "1d1620")


def owl(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """An owl looking at you."""
    coat, bound = coat_of(brush, thing, "8a6a4f")
    brush.blob(
        [
            (-0.26, 0.0),
            (-0.34, 0.4),
            (-0.3, 0.8),
            (-0.26, 0.98),
            (-0.14, 0.9),
            (0.14, 0.9),
            (0.26, 0.98),
            (0.3, 0.8),
            (0.34, 0.4),
            (0.26, 0.0),
            (0, -0.06),
        ],
        coat,
        own=bound,
    )
    brush.blob([(-0.16, 0.04), (-0.2, 0.36), (0, 0.5), (0.2, 0.36), (0.16, 0.04)], lighter(coat, 0.2), own=bound)
    for side in (-1, 1):
        brush.disc(side * 0.13, 0.7, 0.125, "f6ead0")
        brush.disc(side * 0.12, 0.7, 0.075, "f0b429")
        brush.disc(side * 0.115, 0.7, 0.045, "1d1620")
        brush.blob(
            [(side * 0.26, 0.56), (side * 0.36, 0.3), (side * 0.26, 0.06), (side * 0.2, 0.3)],
            lighter(coat, -0.1),
            own=bound,
        )
    brush.polygon([(-0.04, 0.64), (0.04, 0.64), (0, 0.54)], "e8762c")

"""Animals of the water, about the middle of their water line."""

from __future__ import annotations

import random

from .colour import lighter
from .creatures import coat_of
from .curves import smooth
from .easel import Brush
from .wish import Thing


def whale(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A whale at the surface with its spout and its fluke."""
    skin, bound = coat_of(brush, thing, "2f4f6b")
    spray = "f4f8f6"
    if not brush.mirror:
        brush.lines(
            [
                smooth([(0.22, 0.26), (0.21, 0.5), (0.08, 0.62), (0.0, 0.52)], closed=False),
                smooth([(0.23, 0.26), (0.24, 0.52), (0.38, 0.63), (0.46, 0.52)], closed=False),
            ],
            0.028,
            spray,
        )
        for x, y in ((-0.03, 0.46), (0.49, 0.46), (0.12, 0.68), (0.34, 0.68), (0.23, 0.62)):
            brush.disc(x, y, 0.016, spray)
    brush.blob(
        [
            (-0.62, -0.02),
            (-0.58, 0.16),
            (-0.72, 0.36),
            (-0.86, 0.4),
            (-0.7, 0.44),
            (-0.56, 0.34),
            (-0.46, 0.46),
            (-0.32, 0.46),
            (-0.42, 0.34),
            (-0.48, 0.16),
            (-0.46, -0.02),
        ],
        skin,
        own=bound,
    )
    brush.blob([(-0.28, -0.02), (-0.16, 0.14), (0.1, 0.26), (0.34, 0.26), (0.54, 0.14), (0.6, -0.02)], skin, own=bound)
    brush.shapes(
        [smooth([(0.18, -0.02), (0.34, 0.1), (0.56, 0.07), (0.6, -0.02)], closed=False)],
        lighter(skin, 0.34),
        own=bound,
        lift=-1,
        outline=False,
    )
    brush.disc(0.4, 0.14, 0.014, "0f1620")


def dolphin(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A dolphin leaping."""
    skin, bound = coat_of(brush, thing, "4a7390")
    brush.blob(
        [
            (-0.5, 0.06),
            (-0.4, 0.24),
            (-0.2, 0.42),
            (-0.06, 0.48),
            (-0.12, 0.62),
            (0.08, 0.5),
            (0.3, 0.4),
            (0.42, 0.26),
            (0.56, 0.2),
            (0.54, 0.14),
            (0.38, 0.16),
            (0.12, 0.28),
            (-0.2, 0.22),
            (-0.38, 0.06),
            (-0.42, -0.1),
            (-0.5, -0.02),
            (-0.64, -0.02),
        ],
        skin,
        own=bound,
    )
    brush.blob([(0.42, 0.18), (0.2, 0.27), (-0.1, 0.26), (0.12, 0.22), (0.34, 0.15)], lighter(skin, 0.26), own=bound)
    brush.polygon([(0.12, 0.28), (0.04, 0.08), (0.2, 0.24)], lighter(skin, -0.06), own=bound)
    brush.disc(0.38, 0.25, 0.012, "0f1620")


def fish(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A fish jumping in its ring of water."""
    scales, bound = coat_of(brush, thing, dice.choice(("e8762c", "d8452f", "6f9fb0")))
    brush.blob(
        [
            (-0.5, 0.42),
            (-0.36, 0.3),
            (-0.5, 0.12),
            (-0.26, 0.22),
            (0.1, 0.16),
            (0.42, 0.32),
            (0.16, 0.48),
            (-0.16, 0.44),
            (-0.3, 0.34),
        ],
        scales,
        own=bound,
    )
    brush.polygon([(-0.1, 0.44), (0.04, 0.6), (0.12, 0.46)], lighter(scales, -0.08), own=bound)
    brush.disc(0.28, 0.35, 0.03, "fff8ec")
    brush.disc(0.29, 0.35, 0.015, "1d1620")
    brush.lines([smooth([(-0.5, -0.02), (0, 0.04), (0.5, -0.02)], closed=False)], 0.02, "f4f8f6", alpha=0.7)


def swan(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A swan gliding."""
    down, bound = coat_of(brush, thing, "fbf6ec")
    neck = smooth([(0.24, 0.08), (0.42, 0.26), (0.3, 0.46), (0.34, 0.64), (0.44, 0.66)], closed=False)
    brush.lines([neck], 0.075, down, own=bound)
    brush.blob(
        [(-0.52, 0.26), (-0.36, 0.02), (0.0, -0.04), (0.32, 0.0), (0.34, 0.16), (0.1, 0.26), (-0.2, 0.32)],
        down,
        own=bound,
    )
    brush.blob(
        [(-0.5, 0.32), (-0.3, 0.12), (0.08, 0.1), (0.12, 0.22), (-0.14, 0.36), (-0.32, 0.36)],
        lighter(down, -0.07),
        own=bound,
    )
    brush.disc(0.43, 0.66, 0.06, down, own=bound)
    brush.polygon([(0.46, 0.68), (0.62, 0.61), (0.46, 0.62)], "e8762c")
    brush.disc(0.455, 0.675, 0.012, "1d1620")

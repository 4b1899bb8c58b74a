"""Animals of the farm as simple silhouettes, facing right, about the middle of their feet or water line."""

from __future__ import annotations

import random

import numpy as np

from .colour import Lab, lab, lighter
from .curves import smooth
from .easel import Brush
from .wish import Thing

Spots = list[tuple[float, float]]


def coat_of(brush: Brush, thing: Thing, otherwise: str) -> tuple[Lab, bool]:
    """An animal's colour, and whether the wish bound it."""
    return brush.easel.own(thing, otherwise)


def legs(brush: Brush, places: Spots, wide: float, colour: Lab, bound: bool) -> None:
    """Straight legs that taper to the ground."""
    brush.shapes(
        [[(x - wide, top), (x - wide * 0.6, -0.02), (x + wide * 0.6, -0.02), (x + wide, top)] for x, top in places],
        colour,
        own=bound,
    )


def horse(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A horse standing."""
    coat, bound = coat_of(brush, thing, dice.choice(("7a4a2d", "4a342c", "e9dfd0", "a8683a")))
    mane = lighter(coat, -0.16)
    brush.blob([(-0.44, 0.66), (-0.56, 0.5), (-0.54, 0.24), (-0.46, 0.3), (-0.4, 0.58)], mane, own=bound)
    legs(brush, [(-0.24, 0.45), (0.2, 0.45)], 0.05, lighter(coat, -0.1), bound)
    legs(brush, [(-0.34, 0.45), (0.12, 0.45)], 0.055, coat, bound)
    brush.blob(
        [
            (-0.46, 0.6),
            (-0.4, 0.4),
            (-0.1, 0.38),
            (0.14, 0.38),
            (0.26, 0.56),
            (0.36, 0.8),
            (0.5, 0.74),
            (0.58, 0.78),
            (0.54, 0.9),
            (0.42, 1.02),
            (0.34, 1.03),
            (0.22, 0.9),
            (0.1, 0.7),
            (-0.14, 0.68),
            (-0.36, 0.72),
        ],
        coat,
        own=bound,
    )
    brush.polygon([(0.33, 1.0), (0.36, 1.12), (0.42, 1.0)], coat, own=bound)
    brush.blob([(0.34, 1.05), (0.22, 0.98), (0.1, 0.74), (0.06, 0.66), (0.2, 0.76), (0.3, 0.92)], mane, own=bound)
    brush.disc(0.43, 0.92, 0.016, "1d1620")


def sheep(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A woolly sheep."""
    wool, bound = coat_of(brush, thing, "f6f0e4")
    legs(brush, [(-0.22, 0.3), (-0.1, 0.3), (0.14, 0.3), (0.24, 0.3)], 0.035, lab("3a3036"), False)
    turn = np.linspace(0, 2 * np.pi, 22, endpoint=False)
    reach = 1 + 0.09 * (np.arange(22) % 2)
    brush.blob(np.stack([0.42 * reach * np.cos(turn), 0.42 + 0.25 * reach * np.sin(turn)], 1), wool, own=bound)
    brush.blob(np.stack([0.3 * np.cos(turn), 0.3 + 0.1 * np.sin(turn)], 1), lighter(wool, -0.08), own=bound, alpha=0.8)
    brush.blob([(0.34, 0.6), (0.46, 0.64), (0.58, 0.46), (0.54, 0.36), (0.44, 0.38), (0.36, 0.48)], "3a3036")
    brush.blob([(0.4, 0.6), (0.3, 0.58), (0.32, 0.52)], "3a3036")
    brush.blob([(0.3, 0.62), (0.38, 0.7), (0.48, 0.66), (0.4, 0.58)], wool, own=bound)


def cow(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A patched cow."""
    coat, bound = coat_of(brush, thing, "f6f0e4")
    legs(brush, [(-0.3, 0.4), (0.24, 0.4)], 0.05, lighter(coat, -0.12), bound)
    legs(brush, [(-0.4, 0.4), (0.14, 0.4)], 0.055, coat, bound)
    brush.lines([smooth([(-0.48, 0.68), (-0.58, 0.5), (-0.56, 0.28)], closed=False)], 0.022, coat, own=bound)
    brush.blob(
        [(-0.5, 0.68), (-0.48, 0.38), (-0.2, 0.34), (0.1, 0.34), (0.3, 0.44), (0.4, 0.6), (0.3, 0.74), (-0.1, 0.72)],
        coat,
        own=bound,
    )
    patch = "5a3a2c" if not bound else lighter(coat, -0.2)
    brush.blob([(-0.36, 0.7), (-0.38, 0.52), (-0.2, 0.46), (-0.08, 0.58), (-0.14, 0.71)], patch)
    brush.blob([(0.08, 0.71), (0.04, 0.56), (0.18, 0.48), (0.3, 0.6), (0.28, 0.73)], patch)
    brush.blob([(0.3, 0.72), (0.44, 0.82), (0.56, 0.66), (0.58, 0.52), (0.48, 0.48), (0.4, 0.56)], patch)
    brush.blob([(0.48, 0.56), (0.6, 0.56), (0.58, 0.46), (0.48, 0.46)], "efb8a6")
    brush.lines([smooth([(0.38, 0.8), (0.38, 0.9), (0.43, 0.92)], closed=False)], 0.022, "e9dfc8")


def camel(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A camel with its saddle cloth."""
    coat, bound = coat_of(brush, thing, "b07a45")
    legs(brush, [(-0.24, 0.5), (0.2, 0.5)], 0.045, lighter(coat, -0.1), bound)
    legs(brush, [(-0.32, 0.5), (0.12, 0.5)], 0.05, coat, bound)
    brush.blob(
        [
            (-0.42, 0.66),
            (-0.38, 0.48),
            (0, 0.44),
            (0.22, 0.48),
            (0.36, 0.56),
            (0.44, 0.76),
            (0.46, 0.98),
            (0.58, 0.96),
            (0.66, 1.0),
            (0.62, 1.08),
            (0.48, 1.12),
            (0.38, 1.06),
            (0.34, 0.8),
            (0.24, 0.7),
            (0.1, 0.78),
            (-0.02, 1.0),
            (-0.14, 1.0),
            (-0.26, 0.76),
        ],
        coat,
        own=bound,
    )
    brush.blob([(-0.2, 0.86), (-0.06, 0.88), (0.08, 0.84), (0.1, 0.56), (-0.06, 0.54), (-0.2, 0.58)], "c8402f")
    brush.lines([[(-0.19, 0.64), (0.095, 0.63)]], 0.03, "f0c86a")

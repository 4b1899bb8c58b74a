"""Animals of land and sea as simple silhouettes, facing right, about the middle of their feet or water line."""

from __future__ import annotations

import random

import numpy as np

from .colour import Lab, lab, lighter
from .curves import smooth
from .easel import Brush
from .words import Thing

Spots = list[tuple[float, float]]


def _coat(brush: Brush, thing: Thing, otherwise: str) -> tuple[Lab, bool]:
    return brush.easel.own(thing, otherwise)


def _legs(brush: Brush, places: Spots, wide: float, colour: Lab, bound: bool) -> None:
    brush.shapes(
        [[(x - wide, top), (x - wide * 0.6, -0.02), (x + wide * 0.6, -0.02), (x + wide, top)] for x, top in places],
        colour,
        own=bound,
    )


def deer(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A stag with antlers."""
    coat, bound = _coat(brush, thing, "8a5a3a")
    _legs(brush, [(-0.22, 0.45), (0.2, 0.45)], 0.04, lighter(coat, -0.1), bound)
    _legs(brush, [(-0.3, 0.45), (0.13, 0.45)], 0.045, coat, bound)
    horn = [smooth([(0.42, 0.98), (0.36, 1.12), (0.44, 1.3)], closed=False), [(0.38, 1.1), (0.5, 1.18)], [(0.41, 1.22), (0.33, 1.3)],
            smooth([(0.38, 0.98), (0.26, 1.1), (0.24, 1.3)], closed=False), [(0.27, 1.1), (0.17, 1.17)], [(0.25, 1.2), (0.34, 1.26)]]  # fmt: skip
    brush.lines(horn, 0.025, "c9a880")
    brush.blob([(-0.36, 0.6), (-0.3, 0.42), (0, 0.4), (0.2, 0.4), (0.3, 0.62), (0.36, 0.84), (0.44, 0.86), (0.58, 0.84), (0.6, 0.9), (0.46, 1.0),
                (0.36, 0.99), (0.27, 0.86), (0.16, 0.68), (-0.1, 0.66), (-0.3, 0.68)], coat, own=bound)  # fmt: skip
    brush.blob([(0.36, 0.98), (0.26, 1.05), (0.3, 0.96)], lighter(coat, -0.05), own=bound)
    brush.blob([(-0.36, 0.66), (-0.42, 0.58), (-0.34, 0.52)], "f4ead8")
    brush.disc(0.47, 0.935, 0.014, "221a1a")


def fox(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A fox sitting, its tail round its feet."""
    coat, bound = _coat(brush, thing, "d96b2b")
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


def horse(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A horse standing."""
    coat, bound = _coat(brush, thing, dice.choice(("7a4a2d", "4a342c", "e9dfd0", "a8683a")))
    mane = lighter(coat, -0.16)
    brush.blob([(-0.44, 0.66), (-0.56, 0.5), (-0.54, 0.24), (-0.46, 0.3), (-0.4, 0.58)], mane, own=bound)
    _legs(brush, [(-0.24, 0.45), (0.2, 0.45)], 0.05, lighter(coat, -0.1), bound)
    _legs(brush, [(-0.34, 0.45), (0.12, 0.45)], 0.055, coat, bound)
    brush.blob([(-0.46, 0.6), (-0.4, 0.4), (-0.1, 0.38), (0.14, 0.38), (0.26, 0.56), (0.36, 0.8), (0.5, 0.74), (0.58, 0.78), (0.54, 0.9), (0.42, 1.02),
                (0.34, 1.03), (0.22, 0.9), (0.1, 0.7), (-0.14, 0.68), (-0.36, 0.72)], coat, own=bound)  # fmt: skip
    brush.polygon([(0.33, 1.0), (0.36, 1.12), (0.42, 1.0)], coat, own=bound)
    brush.blob([(0.34, 1.05), (0.22, 0.98), (0.1, 0.74), (0.06, 0.66), (0.2, 0.76), (0.3, 0.92)], mane, own=bound)
    brush.disc(0.43, 0.92, 0.016, "1d1620")


def sheep(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A woolly sheep."""
    wool, bound = _coat(brush, thing, "f6f0e4")
    _legs(brush, [(-0.22, 0.3), (-0.1, 0.3), (0.14, 0.3), (0.24, 0.3)], 0.035, lab("3a3036"), False)
    turn = np.linspace(0, 2 * np.pi, 22, endpoint=False)
    reach = 1 + 0.09 * (np.arange(22) % 2)
    brush.blob(np.stack([0.42 * reach * np.cos(turn), 0.42 + 0.25 * reach * np.sin(turn)], 1), wool, own=bound)
    brush.blob(np.stack([0.3 * np.cos(turn), 0.3 + 0.1 * np.sin(turn)], 1), lighter(wool, -0.08), own=bound, alpha=0.8)
    brush.blob([(0.34, 0.6), (0.46, 0.64), (0.58, 0.46), (0.54, 0.36), (0.44, 0.38), (0.36, 0.48)], "3a3036")
    brush.blob([(0.4, 0.6), (0.3, 0.58), (0.32, 0.52)], "3a3036")
    brush.blob([(0.3, 0.62), (0.38, 0.7), (0.48, 0.66), (0.4, 0.58)], wool, own=bound)


def cow(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A patched cow."""
    coat, bound = _coat(brush, thing, "f6f0e4")
    _legs(brush, [(-0.3, 0.4), (0.24, 0.4)], 0.05, lighter(coat, -0.12), bound)
    _legs(brush, [(-0.4, 0.4), (0.14, 0.4)], 0.055, coat, bound)
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


def bear(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A bear walking."""
    coat, bound = _coat(brush, thing, "5a3f30" if brush.easel.scene.season != "snow" else "f4f0e6")
    brush.shapes(
        [
            [(-0.3, 0.4), (-0.3, -0.02), (-0.14, -0.02), (-0.12, 0.4)],
            [(0.26, 0.4), (0.3, -0.02), (0.44, -0.02), (0.4, 0.4)],
        ],
        lighter(coat, -0.08),
        own=bound,
    )
    brush.blob([(-0.54, 0.5), (-0.52, 0.2), (-0.5, 0.0), (-0.34, -0.02), (-0.3, 0.22), (0.05, 0.24), (0.08, 0.0), (0.24, -0.02), (0.26, 0.26), (0.4, 0.4),
                (0.56, 0.4), (0.72, 0.44), (0.74, 0.52), (0.62, 0.64), (0.5, 0.7), (0.36, 0.68), (0.2, 0.74), (-0.1, 0.68), (-0.4, 0.68)], coat, own=bound)  # fmt: skip
    brush.disc(0.46, 0.7, 0.06, coat, own=bound)
    brush.blob([(0.62, 0.43), (0.72, 0.43), (0.75, 0.52), (0.64, 0.56)], lighter(coat, 0.12), own=bound)
    brush.disc(0.74, 0.5, 0.024, "1d1620")
    brush.disc(0.59, 0.59, 0.016, "1d1620")


def rabbit(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A hare sitting up."""
    coat, bound = _coat(brush, thing, dice.choice(("a8876a", "f2ece0", "8a7f7a")))
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
    skin, bound = _coat(brush, thing, "8f8f9a")
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


def camel(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A camel with its saddle cloth."""
    coat, bound = _coat(brush, thing, "b07a45")
    _legs(brush, [(-0.24, 0.5), (0.2, 0.5)], 0.045, lighter(coat, -0.1), bound)
    _legs(brush, [(-0.32, 0.5), (0.12, 0.5)], 0.05, coat, bound)
    brush.blob([(-0.42, 0.66), (-0.38, 0.48), (0, 0.44), (0.22, 0.48), (0.36, 0.56), (0.44, 0.76), (0.46, 0.98), (0.58, 0.96), (0.66, 1.0), (0.62, 1.08),
                (0.48, 1.12), (0.38, 1.06), (0.34, 0.8), (0.24, 0.7), (0.1, 0.78), (-0.02, 1.0), (-0.14, 1.0), (-0.26, 0.76)], coat, own=bound)  # fmt: skip
    brush.blob([(-0.2, 0.86), (-0.06, 0.88), (0.08, 0.84), (0.1, 0.56), (-0.06, 0.54), (-0.2, 0.58)], "c8402f")
    brush.lines([[(-0.19, 0.64), (0.095, 0.63)]], 0.03, "f0c86a")


def whale(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A whale at the surface with its spout and its fluke."""
    skin, bound = _coat(brush, thing, "2f4f6b")
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
    skin, bound = _coat(brush, thing, "4a7390")
    brush.blob([(-0.5, 0.06), (-0.4, 0.24), (-0.2, 0.42), (-0.06, 0.48), (-0.12, 0.62), (0.08, 0.5), (0.3, 0.4), (0.42, 0.26), (0.56, 0.2), (0.54, 0.14),
                (0.38, 0.16), (0.12, 0.28), (-0.2, 0.22), (-0.38, 0.06), (-0.42, -0.1), (-0.5, -0.02), (-0.64, -0.02)], skin, own=bound)  # fmt: skip
    brush.blob([(0.42, 0.18), (0.2, 0.27), (-0.1, 0.26), (0.12, 0.22), (0.34, 0.15)], lighter(skin, 0.26), own=bound)
    brush.polygon([(0.12, 0.28), (0.04, 0.08), (0.2, 0.24)], lighter(skin, -0.06), own=bound)
    brush.disc(0.38, 0.25, 0.012, "0f1620")


def fish(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A fish jumping in its ring of water."""
    scales, bound = _coat(brush, thing, dice.choice(("e8762c", "d8452f", "6f9fb0")))
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
    down, bound = _coat(brush, thing, "fbf6ec")
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


def owl(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """An owl looking at you."""
    coat, bound = _coat(brush, thing, "8a6a4f")
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

"""Sprays of leaves and blossoms that frame a bust."""

from __future__ import annotations

import random

import numpy as np

from .colour import lab, lighter
from .curves import Points, smooth
from .easel import Brush, Easel
from .plants import PETALS
from .wish import Thing


def leaves(easel: Easel) -> None:
    """Sprays of leaves and blossoms on both sides."""
    dice = easel.random("leaves")
    sheet, flower = easel.sheet, easel.scene.thing("flower", "blossom", "sunflower")
    leaf = dice.choice(("3f7a5a", "2f6a6b", "6f8f4a", "4a6f8a"))
    for side in (-1, 1):
        for spray in range(3):
            x = sheet.width * (0.5 + side * (0.44 + 0.04 * spray))
            brush = easel.brush(
                x,
                sheet.height * (1.02 - 0.05 * spray),
                sheet.unit * (0.42 + 0.12 * spray),
                0.9 - 0.16 * spray,
                flip=side > 0,
            )
            _spray(brush, dice, leaf, flower, bloom=spray == 0 or flower is not None)


def _spray(brush: Brush, dice: random.Random, leaf: str, flower: Thing | None, *, bloom: bool) -> None:
    bend = dice.uniform(-0.1, 0.28)
    stem = smooth([(0, 0), (bend * 0.2, 0.35), (bend * 0.6, 0.7), (bend, 1.0)], closed=False)
    brush.lines([stem], 0.014, leaf)
    blades: list[Points] = []
    shaded: list[Points] = []
    for k in range(3, len(stem) - 1, 2):
        x, y = stem[k]
        long = 0.2 * (1.1 - y * 0.6)
        for sign in (-1, 1):
            turn = np.radians(62 if sign > 0 else 118) + dice.uniform(-0.2, 0.2)
            tip = (x + np.cos(turn) * long * 1.1, y + np.sin(turn) * long * 0.8)
            side = (-np.sin(turn) * long * 0.24, np.cos(turn) * long * 0.24)
            middle = ((x + tip[0]) / 2, (y + tip[1]) / 2)
            shape = smooth(
                [(x, y), (middle[0] + side[0], middle[1] + side[1]), tip, (middle[0] - side[0], middle[1] - side[1])],
                pieces=6,
            )
            (blades if sign > 0 else shaded).append(shape)
    brush.shapes(shaded, lighter(lab(leaf), -0.06))
    brush.shapes(blades, leaf)
    if bloom:
        code = dice.choice(PETALS[:4])
        own, bound = brush.easel.own(flower, code)
        for index in (len(stem) - 1, len(stem) * 2 // 3):
            x, y = stem[index]
            petals: list[Points] = []
            for k in range(6):
                turn = k * np.pi / 3 + dice.random()
                petals.append(
                    smooth(
                        [
                            (x, y),
                            (x + 0.07 * np.cos(turn - 0.5), y + 0.07 * np.sin(turn - 0.5)),
                            (x + 0.1 * np.cos(turn), y + 0.1 * np.sin(turn)),
                            (x + 0.07 * np.cos(turn + 0.5), y + 0.07 * np.sin(turn + 0.5)),
                        ],
                        pieces=5,
                    )
                )
            brush.shapes(petals, own, own=bound)
            brush.disc(x, y, 0.032, "f2c95a")

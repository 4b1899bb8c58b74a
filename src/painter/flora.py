"""Single trees with light and shade: broad, coniferous, birch, palm, in blossom."""

from __future__ import annotations

import random

import numpy as np

from .colour import Lab, lab, lighter
from .curves import Line, smooth
from .easel import Brush
from .trees import conifer as spruce
from .wish import Thing

LEAVES = {
    "autumn": ("d9822b", "c7502c", "e0a63a"),
    "spring": ("9ccb5c", "b4d873", "86bd62"),
    "": ("5c9148", "4d8456", "74a04a"),
}


def _leaf_colour(brush: Brush, thing: Thing, dice: random.Random, otherwise: str | None = None) -> tuple[Lab, bool]:
    season = brush.easel.scene.season
    codes = LEAVES.get(season, LEAVES[""])
    return brush.easel.own(thing, otherwise or dice.choice(codes))


def _blobs(dice: random.Random, x: float, y: float, wide: float, tall: float, number: int = 9) -> Line:
    turn = np.linspace(0, 2 * np.pi, number, endpoint=False)
    reach = np.array([dice.uniform(0.84, 1.14) for _ in range(number)])
    return smooth(np.stack([x + wide * reach * np.cos(turn), y + tall * reach * np.sin(turn)], 1), pieces=6)


def broadleaf(brush: Brush, thing: Thing, dice: random.Random, leaf: str | None = None) -> None:
    """A spreading tree, one unit tall, its crown in three tones."""
    colour, bound = _leaf_colour(brush, thing, dice, leaf)
    if brush.easel.scene.season == "snow" and not bound and leaf is None:
        colour = lab("e6edf2")
    bark = "5a4032"
    brush.polygon(
        [
            (-0.05, -0.03),
            (-0.028, 0.25),
            (-0.13, 0.46),
            (-0.09, 0.48),
            (0.0, 0.36),
            (0.1, 0.5),
            (0.13, 0.47),
            (0.03, 0.26),
            (0.055, -0.03),
        ],
        bark,
    )
    lit = 1.0 if brush.easel.light[0] * brush.easel.sheet.width > brush.x else -1.0
    lit *= brush.turn
    crowns = [(-0.2, 0.58, 0.22, 0.17), (0.22, 0.6, 0.21, 0.17), (0.0, 0.76, 0.27, 0.22), (0.02, 0.56, 0.24, 0.16)]
    brush.shapes([_blobs(dice, *crown) for crown in crowns], lighter(colour, -0.09), own=bound)
    upper = [(x + 0.035 * lit, y + 0.035, w * 0.84, h * 0.82) for x, y, w, h in crowns]
    brush.shapes([_blobs(dice, *crown) for crown in upper], colour, own=bound, lift=-1, outline=False)
    tips = [(x + 0.08 * lit, y + 0.075, w * 0.5, h * 0.45) for x, y, w, h in crowns[:3]]
    brush.shapes([_blobs(dice, *crown) for crown in tips], lighter(colour, 0.07), own=bound, lift=-1, outline=False)


def blossom(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A cherry tree in bloom, petals falling."""
    broadleaf(brush, thing, dice, dice.choice(("f2b6c6", "f0a3ba", "f7cdd6")))
    petals = []
    for _ in range(16):
        x, y = dice.uniform(-0.5, 0.55), dice.uniform(-0.02, 0.5)
        petals.append([(x - 0.012, y), (x, y + 0.009), (x + 0.014, y), (x, y - 0.009)])
    own, bound = brush.easel.own(thing, "f7cdd6")
    brush.shapes(petals, own, own=bound, alpha=0.9, lift=-1, outline=False)


def conifer(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A spruce with a lit side."""
    colour, bound = brush.easel.own(thing, dice.choice(("2f6650", "3a6f4c", "2a5d5a")))
    shape = spruce(dice)
    brush.lines([[(0, -0.04), (0, 0.12)]], 0.05, "4f3828")
    brush.polygon(shape, colour, own=bound)
    lit = (1.0 if brush.easel.light[0] * brush.easel.sheet.width > brush.x else -1.0) * brush.turn
    half = shape.copy()
    half[:, 0] = np.where(half[:, 0] * lit < 0, 0.01 * lit, half[:, 0])
    snow = brush.easel.scene.season == "snow"
    brush.shapes([half], lab("eef3f6") if snow else lighter(colour, 0.06), own=bound, lift=-1, outline=False, alpha=0.9)


def birch(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A birch: a white stem with dark marks and light leaves."""
    colour, bound = _leaf_colour(brush, thing, dice, "d9b13a" if brush.easel.scene.season != "spring" else None)
    lean = dice.uniform(-0.05, 0.05)
    crowns = [
        (lean - 0.08, 0.66, 0.13, 0.14),
        (lean + 0.08, 0.72, 0.13, 0.15),
        (lean, 0.9, 0.13, 0.16),
        (lean - 0.03, 0.8, 0.15, 0.14),
    ]
    brush.shapes([_blobs(dice, *crown) for crown in crowns], lighter(colour, -0.05), own=bound)
    stem = [(-0.026, -0.03), (lean - 0.012, 0.88), (lean + 0.012, 0.88), (0.026, -0.03)]
    brush.polygon(stem, "f3efe6")
    marks = []
    for k in range(9):
        y = 0.04 + 0.08 * k + dice.uniform(-0.02, 0.02)
        x = lean * y + dice.choice((-0.018, 0.006))
        marks.append([(x, y), (x + 0.014, y + 0.005), (x, y + 0.014)])
    brush.shapes(marks, "3a3038", lift=-1, outline=False)
    tips = [(x, y + 0.02, w * 0.6, h * 0.55) for x, y, w, h in crowns]
    brush.shapes(
        [_blobs(dice, *crown) for crown in tips], lighter(colour, 0.06), own=bound, alpha=0.9, lift=-1, outline=False
    )


def palm(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A leaning coconut palm."""
    colour, bound = brush.easel.own(thing, dice.choice(("2f7d55", "3c8a4e", "2a7566")))
    lean = dice.uniform(0.12, 0.26)
    trunk = smooth([(0, -0.04), (lean * 0.28, 0.3), (lean * 0.6, 0.6), (lean, 0.84)], closed=False)
    left, right = trunk - np.array([0.026, 0]), trunk + np.array([0.022, 0])
    brush.polygon(np.vstack([left, right[::-1]]), "6d4c36")
    tops = []
    for angle in (-28, 8, 40, 75, 112, 146, 178, 212):
        turn = np.radians(angle + dice.uniform(-7, 7))
        long = dice.uniform(0.36, 0.46)
        tip = np.array([lean + np.cos(turn) * long, 0.84 + np.sin(turn) * long * 0.62 - 0.15])
        middle = np.array([lean + np.cos(turn) * long * 0.55, 0.86 + np.sin(turn) * long * 0.55 + 0.06])
        root = np.array([lean, 0.84])
        upper = smooth(np.array([root, middle + np.array([0, 0.02]), tip]), closed=False, pieces=9)
        teeth = upper[::-1].copy()
        teeth[:, 1] -= np.where(np.arange(len(teeth)) % 2 == 0, 0.03, 0.105) * np.sin(np.linspace(0, np.pi, len(teeth)))
        tops.append(np.vstack([upper, teeth]))
    brush.shapes(tops[::2], lighter(colour, -0.07), own=bound)
    brush.shapes(tops[1::2], colour, own=bound)
    for dx, dy in ((-0.03, -0.03), (0.035, -0.02), (0.0, -0.055)):
        brush.disc(lean + dx, 0.84 + dy, 0.026, "5a3b28")

"""Single plants: trees with light and shade, palms, birches, cacti, flowers and mushrooms."""

from __future__ import annotations

import random

import numpy as np

from .colour import Lab, lab, lighter, mix
from .curves import Line, smooth
from .easel import Brush
from .trees import conifer as spruce
from .words import Thing

LEAVES = {
    "autumn": ("d9822b", "c7502c", "e0a63a"),
    "spring": ("9ccb5c", "b4d873", "86bd62"),
    "": ("5c9148", "4d8456", "74a04a"),
}
PETALS = ("d8402f", "e8762c", "f2c230", "ee8fb0", "f7f2e8", "7a5fb8", "4f7fc4")


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
    left, right = trunk - (0.026, 0), trunk + (0.022, 0)
    brush.polygon(np.vstack([left, right[::-1]]), "6d4c36")
    tops = []
    for angle in (-28, 8, 40, 75, 112, 146, 178, 212):
        turn = np.radians(angle + dice.uniform(-7, 7))
        long = dice.uniform(0.36, 0.46)
        tip = np.array([lean + np.cos(turn) * long, 0.84 + np.sin(turn) * long * 0.62 - 0.15])
        middle = np.array([lean + np.cos(turn) * long * 0.55, 0.86 + np.sin(turn) * long * 0.55 + 0.06])
        root = np.array([lean, 0.84])
        upper = smooth([root, middle + (0, 0.02), tip], closed=False, pieces=9)
        teeth = upper[::-1].copy()
        teeth[:, 1] -= np.where(np.arange(len(teeth)) % 2 == 0, 0.03, 0.105) * np.sin(np.linspace(0, np.pi, len(teeth)))
        tops.append(np.vstack([upper, teeth]))
    brush.shapes(tops[::2], lighter(colour, -0.07), own=bound)
    brush.shapes(tops[1::2], colour, own=bound)
    for dx, dy in ((-0.03, -0.03), (0.035, -0.02), (0.0, -0.055)):
        brush.disc(lean + dx, 0.84 + dy, 0.026, "5a3b28")


def cactus(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A saguaro with raised arms."""
    colour, bound = brush.easel.own(thing, dice.choice(("4f8a5b", "5a8f4a", "3f7f6a")))
    left, right = dice.uniform(0.3, 0.42), dice.uniform(0.38, 0.52)
    arms = [[(0, -0.02), (0, 0.92)], smooth([(0, left), (-0.17, left + 0.01), (-0.22, left + 0.08), (-0.22, left + 0.32)], closed=False),
            smooth([(0, right), (0.15, right + 0.01), (0.2, right + 0.07), (0.2, right + 0.24)], closed=False)]  # fmt: skip
    brush.lines(arms[1:], 0.095, colour, own=bound)
    brush.lines(arms[:1], 0.145, colour, own=bound)
    brush.lines([np.asarray(arm) + (0.025, 0) for arm in arms], 0.018, lighter(colour, 0.09), own=bound)
    brush.lines([np.asarray(arms[0]) - (0.03, 0.0)], 0.016, lighter(colour, -0.09), own=bound)
    brush.disc(0, 1.0, 0.035, "ee6f8f")
    brush.disc(0.2, right + 0.3, 0.026, "ee6f8f")


def mushroom(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A toadstool."""
    colour, bound = brush.easel.own(thing, dice.choice(("c8342b", "c8342b", "b8622f")))
    brush.blob([(-0.11, -0.04), (-0.08, 0.3), (-0.09, 0.55), (0.09, 0.55), (0.08, 0.3), (0.12, -0.04)], "f4ead6")
    brush.blob([(-0.42, 0.5), (-0.33, 0.8), (0, 0.98), (0.33, 0.8), (0.42, 0.5), (0, 0.46)], colour, own=bound)
    for x, y, r in (
        (-0.16, 0.72, 0.06),
        (0.1, 0.82, 0.05),
        (0.2, 0.62, 0.055),
        (-0.02, 0.6, 0.04),
        (-0.28, 0.58, 0.035),
    ):
        brush.disc(x, y, r, "fbf3e4", r * 0.8)


def flower(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """One wild flower on its stem: poppy, daisy or bell."""
    colour, bound = brush.easel.own(thing, dice.choice(PETALS))
    lean = dice.uniform(-0.14, 0.14)
    stem = smooth([(0, -0.1), (lean * 0.2, 0.4), (lean, 0.84)], closed=False)
    brush.lines([stem], 0.035, "3f6b3a")
    brush.blob([(0.0, 0.16), (0.13, 0.3), (0.2, 0.44), (0.06, 0.36)], "4c7a42")
    style = dice.randrange(3)
    if style == 0:
        brush.blob(
            [
                (lean - 0.2, 0.95),
                (lean - 0.13, 0.78),
                (lean + 0.13, 0.78),
                (lean + 0.2, 0.95),
                (lean + 0.07, 1.0),
                (lean, 0.93),
                (lean - 0.08, 1.0),
            ],
            colour,
            own=bound,
        )
        brush.blob([(lean - 0.1, 0.8), (lean, 0.92), (lean + 0.1, 0.8), (lean, 0.76)], lighter(colour, -0.1), own=bound)
    elif style == 1:
        for k in range(8):
            turn = k * np.pi / 4
            brush.disc(lean + 0.11 * np.cos(turn), 0.88 + 0.11 * np.sin(turn), 0.062, colour, own=bound)
        brush.disc(lean, 0.88, 0.068, "e8b23a")
    else:
        for k in range(6):
            brush.disc(
                lean * (0.6 + 0.08 * k) + (0.05 if k % 2 else -0.05),
                0.56 + 0.08 * k,
                0.075 - 0.007 * k,
                colour,
                own=bound,
            )


def sunflower(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A sunflower."""
    colour, bound = brush.easel.own(thing, "f0b429")
    brush.lines([smooth([(0, -0.1), (0.03, 0.4), (0, 0.78)], closed=False)], 0.045, "4c7a3a")
    brush.blob([(0.0, 0.2), (0.16, 0.32), (0.3, 0.36), (0.12, 0.2)], "5a8a42")
    brush.blob([(0.0, 0.34), (-0.16, 0.46), (-0.3, 0.48), (-0.12, 0.33)], "5a8a42")
    petals = []
    for k in range(15):
        turn = k * 2 * np.pi / 15
        petals.append([(0.09 * np.cos(turn - 0.22), 0.82 + 0.09 * np.sin(turn - 0.22)), (0.25 * np.cos(turn), 0.82 + 0.25 * np.sin(turn)),
                       (0.09 * np.cos(turn + 0.22), 0.82 + 0.09 * np.sin(turn + 0.22))])  # fmt: skip
    brush.shapes(petals, colour, own=bound)
    brush.disc(0, 0.82, 0.12, "5a3520")
    brush.disc(0.02, 0.84, 0.06, mix(lab("5a3520"), lab("c98a2e"), 0.4))

"""Small plants: cacti, mushrooms and flowers."""

from __future__ import annotations

import random

import numpy as np

from .colour import lab, lighter, mix
from .curves import Points, smooth
from .easel import Brush
from .wish import Thing

PETALS = ("d8402f", "e8762c", "f2c230", "ee8fb0", "f7f2e8", "7a5fb8", "4f7fc4")


def cactus(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A saguaro with raised arms."""
    colour, bound = brush.easel.own(thing, dice.choice(("4f8a5b", "5a8f4a", "3f7f6a")))
    left, right = dice.uniform(0.3, 0.42), dice.uniform(0.38, 0.52)
    arms: list[Points] = [
        [(0, -0.02), (0, 0.92)],
        smooth([(0, left), (-0.17, left + 0.01), (-0.22, left + 0.08), (-0.22, left + 0.32)], closed=False),
        smooth([(0, right), (0.15, right + 0.01), (0.2, right + 0.07), (0.2, right + 0.24)], closed=False),
    ]
    brush.lines(arms[1:], 0.095, colour, own=bound)
    brush.lines(arms[:1], 0.145, colour, own=bound)
    brush.lines([np.asarray(arm) + np.array([0.025, 0]) for arm in arms], 0.018, lighter(colour, 0.09), own=bound)
    brush.lines([np.asarray(arms[0]) - np.array([0.03, 0.0])], 0.016, lighter(colour, -0.09), own=bound)
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


VARIETIES: dict[str, tuple[str, int]] = {
    "poppy": ("d8402f", 0), "mohn": ("d8402f", 0), "coquelicot": ("d8402f", 0), "amapola": ("d8402f", 0),
    "daisy": ("f7f2e8", 1), "rose": ("d9446a", 0), "cornflower": ("4f6fd0", 1), "bluebell": ("6a6fd0", 2),
}  # fmt: skip


def petals_of(thing: Thing) -> tuple[str, ...]:
    """The colours that a kind of flower comes in."""
    return (VARIETIES[thing.word][0],) if thing.word in VARIETIES else PETALS


def flower(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """One wild flower on its stem: poppy, daisy or bell."""
    colour, bound = brush.easel.own(thing, dice.choice(petals_of(thing)))
    lean = dice.uniform(-0.14, 0.14)
    stem = smooth([(0, -0.1), (lean * 0.2, 0.4), (lean, 0.84)], closed=False)
    brush.lines([stem], 0.035, "3f6b3a")
    brush.blob([(0.0, 0.16), (0.13, 0.3), (0.2, 0.44), (0.06, 0.36)], "4c7a42")
    style = VARIETIES[thing.word][1] if thing.word in VARIETIES else dice.randrange(3)
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
        petals.append(
            [
                (0.09 * np.cos(turn - 0.22), 0.82 + 0.09 * np.sin(turn - 0.22)),
                (0.25 * np.cos(turn), 0.82 + 0.25 * np.sin(turn)),
                (0.09 * np.cos(turn + 0.22), 0.82 + 0.09 * np.sin(turn + 0.22)),
            ]
        )
    brush.shapes(petals, colour, own=bound)
    brush.disc(0, 0.82, 0.12, "5a3520")
    brush.disc(0.02, 0.84, 0.06, mix(lab("5a3520"), lab("c98a2e"), 0.4))

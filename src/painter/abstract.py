"""Pictures of nothing but shape and colour, composed by chance."""

from __future__ import annotations

import random

import numpy as np

from .chance import dice_for
from .colour import Lab, lab, mix
from .curves import arc, ripple
from .easel import Easel

SETS: tuple[tuple[str, ...], ...] = (
    ("f2e8d5", "d8452f", "1f3f5b", "e9b44c", "6fa3a0", "23242e"),
    ("f4ead8", "2f5d62", "e07a4f", "f2c879", "a7c4a0", "2b2f3a"),
    ("efe6dd", "b8455b", "3c4f76", "e6a65d", "9db4ab", "332a3e"),
    ("f6eee0", "3a6ea5", "f25f4c", "ffc145", "b8d8ba", "22223b"),
    ("1d2433", "f2b134", "ed553b", "3caea3", "f6d9a8", "f4ede0"),
    ("efe9db", "7a5c86", "e0795b", "f0b860", "6e9f8f", "2c2638"),
)


def colours(easel: Easel) -> list[Lab]:
    """Ground, five inks; the wish's grades apply."""
    dice = easel.random("set")
    return [easel.palette.graded(lab(code)) for code in dice.choice(SETS)]


def compose(easel: Easel) -> None:
    """One of four compositions."""
    dice = dice_for(f"{easel.seed}:{easel.scene.wish.chance}:composition")
    inks = colours(easel)
    easel.sheet.picture.paste(
        easel.sheet.ramp((easel.sheet.width, easel.sheet.height), [inks[0], mix(inks[0], inks[3], 0.08)]), (0, 0)
    )
    options = [tiles, arches, strata, suprematist]
    if "bauhaus" in easel.scene.wish.styles:
        options = [tiles, suprematist]
    dice.choice(options)(easel, inks, easel.random("composition"))


def tiles(easel: Easel, inks: list[Lab], dice: random.Random) -> None:
    """A grid of quarter circles, discs and stripes."""
    sheet = easel.sheet
    across = 4 if sheet.width <= sheet.height else max(4, round(4 * sheet.width / sheet.height))
    edge = sheet.unit * 0.055
    cell = (sheet.width - 2 * edge) / across
    down = max(1, int((sheet.height - 2 * edge) / cell + 0.01))
    top = (sheet.height - down * cell) / 2
    for j in range(down):
        for i in range(across):
            ground, ink, third = dice.sample(inks, 3)
            brush = easel.brush(edge + (i + 0.5) * cell, top + (j + 0.5) * cell, cell / 2)
            brush.shapes(
                [[(-1.003, -1.003), (1.003, -1.003), (1.003, 1.003), (-1.003, 1.003)]], ground, raw=True, lift=-1
            )
            kind, turn = dice.randrange(7), dice.randrange(4)
            spin = np.array(
                [
                    [np.cos(turn * np.pi / 2), -np.sin(turn * np.pi / 2)],
                    [np.sin(turn * np.pi / 2), np.cos(turn * np.pi / 2)],
                ]
            )
            if kind == 0:
                for radius, colour in ((2.0, ink), (1.34, third), (0.68, ground)):
                    brush.shapes([np.vstack([[(-1, -1)], arc(-1, -1, radius, 0, 90)]) @ spin], colour, raw=True)
            elif kind == 1:
                brush.shapes([np.vstack([[(-1, -1)], arc(-1, -1, 2.0, 0, 90)]) @ spin], ink, raw=True)
            elif kind == 2:
                brush.disc(0, 0, 0.82, ink, raw=True)
                brush.shapes([arc(0, 0, 0.82, 0, 180) @ spin], third, raw=True, lift=-1)
            elif kind == 3:
                bars = [np.array([(-1, y), (1, y), (1, y + 0.25), (-1, y + 0.25)]) @ spin for y in (-1, -0.5, 0.0, 0.5)]
                brush.shapes(bars, ink, raw=True, lift=-1)
            elif kind == 4:
                brush.shapes([np.array([(-1, -1), (1, -1), (1, 1)]) @ spin], ink, raw=True)
            elif kind == 5:
                for x in (-0.5, 0.5):
                    brush.shapes(
                        [arc(x, 0, 0.5, 0, 180) @ spin, arc(x, -1, 0.5, 0, 180) @ spin],
                        ink if x < 0 else third,
                        raw=True,
                    )
            else:
                brush.disc(0, 0, 0.62, ink, raw=True)
                brush.disc(0, 0, 0.26, third, raw=True)


def arches(easel: Easel, inks: list[Lab], dice: random.Random) -> None:
    """Nested arches under a sun, as on a mid-century print."""
    sheet = easel.sheet
    unit = sheet.unit
    x = sheet.width * dice.uniform(0.56, 0.68)
    easel.brush(x, sheet.height * 0.24, unit * 0.15).disc(0, 0, 1, inks[1], raw=True)
    for k in range(5):
        brush = easel.brush(sheet.width * 0.4, sheet.height * 0.86, unit * (0.46 - 0.083 * k))
        outline = np.vstack([arc(0, 0.72 / (1 - 0.18 * k) * 0.8, 1, 0, 180), [(-1, -2), (1, -2)]])
        brush.shapes([outline], (inks[2], inks[3], inks[4], inks[5], inks[1])[k], raw=True, lift=0.8)
    for k in range(3):
        brush = easel.brush(sheet.width * 0.84, sheet.height * 0.98, unit * (0.3 - 0.085 * k))
        brush.shapes(
            [np.vstack([arc(0, 0.3, 1, 0, 180), [(-1, -2), (1, -2)]])],
            (inks[4], inks[2], inks[3])[k],
            raw=True,
            lift=0.8,
        )
    level = sheet.height * 0.9
    xs = np.linspace(-5, sheet.width + 5, 80)
    for k, ink in enumerate((inks[5], inks[1])):
        y = level + unit * 0.05 * k + ripple(dice, 80, 1.3, 2) * unit * 0.03
        shape = np.vstack([np.stack([xs, -y], 1), [(sheet.width + 5, -sheet.height - 5), (-5, -sheet.height - 5)]])
        easel.brush(0, 0, 1).shapes([shape], ink, raw=True, lift=0.8)


def strata(easel: Easel, inks: list[Lab], dice: random.Random) -> None:
    """Waves of colour, one behind the other."""
    sheet = easel.sheet
    unit, number = sheet.unit, 13
    easel.brush(sheet.width * dice.choice((0.32, 0.66)), sheet.height * 0.2, unit * 0.13).disc(
        0, 0, 1, inks[1], raw=True
    )
    xs = np.linspace(-5, sheet.width + 5, 110)
    base = ripple(dice, 110, 1.4, 2)
    for k in range(number):
        share = k / (number - 1)
        base = 0.8 * base + 0.35 * ripple(dice, 110, 1.6, 2)
        y = sheet.height * (0.32 + 0.66 * share) + base * unit * 0.075
        ink = mix(inks[1 + (k * 2) % 5], inks[2 + k % 3], 0.35 + 0.2 * np.sin(k))
        shape = np.vstack([np.stack([xs, -y], 1), [(sheet.width + 5, -sheet.height - 5), (-5, -sheet.height - 5)]])
        easel.brush(0, 0, 1).shapes([shape], ink, raw=True, lift=1.0)


def suprematist(easel: Easel, inks: list[Lab], dice: random.Random) -> None:
    """Bars, discs and a great circle on a diagonal."""
    sheet = easel.sheet
    unit = sheet.unit
    brush = easel.brush(sheet.width * 0.5, sheet.height * 0.5, unit * 0.5, flip=dice.random() < 0.5)
    lean = np.radians(dice.uniform(28, 44))
    spin = np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
    brush.disc(-0.14, 0.24, 0.46, inks[1], raw=True)
    brush.shapes([arc(-0.14, 0.24, 0.46, -100, 80)], inks[3], raw=True, lift=-1)

    def bar(x: float, y: float, long: float, thick: float, ink: int) -> None:
        brush.shapes(
            [np.array([(x, y), (x + long, y), (x + long, y + thick), (x, y + thick)]) @ spin],
            inks[ink],
            raw=True,
            lift=0.6,
        )

    bar(-0.75, -0.3, 1.55, 0.1, 5)
    bar(-0.45, -0.48, 1.0, 0.05, 2)
    bar(-0.2, 0.05, 0.7, 0.2, 2)
    bar(0.1, -0.66, 0.62, 0.12, 4)
    for k in range(5):
        bar(-0.6 + 0.07 * k, 0.36, 0.025, 0.3 + 0.05 * k, 5)
    bar(0.28, 0.36, 0.28, 0.28, 4)
    brush.shapes([np.array([(0.2, -0.2), (0.72, -0.06), (0.34, 0.3)]) @ spin], inks[3], raw=True, lift=0.6)
    for x, y, r, ink in (
        (0.42, -0.52, 0.15, 1),
        (-0.5, -0.56, 0.1, 4),
        (0.5, 0.62, 0.07, 2),
        (-0.62, 0.72, 0.045, 5),
        (0.64, -0.1, 0.035, 5),
    ):
        brush.disc(x, y, r, inks[ink], raw=True)

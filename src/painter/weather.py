"""Weather in the air before the land: rain, snow, mist."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .colour import lab, lighter, mix
from .curves import ripple
from .easel import Easel
from .sheet import Mask


def rain(easel: Easel) -> None:
    """Slanting rain in two depths."""
    sheet, dice = easel.sheet, easel.random("rain")
    colour = mix(easel.palette.sky[-1], lab("ffffff"), 0.5)
    brush = easel.brush(0, 0, 1)
    for number, long, width, alpha in ((150, 0.03, 0.0011, 0.22), (80, 0.06, 0.0018, 0.3)):
        drops = []
        for _ in range(number):
            x, y = dice.uniform(-0.05, 1.05) * sheet.width, dice.uniform(-0.05, 1) * sheet.height
            reach = long * sheet.unit * dice.uniform(0.6, 1.3)
            drops.append([(x, -y), (x - reach * 0.24, -y - reach)])
        brush.lines(drops, width * sheet.unit, colour, raw=True, alpha=alpha)


def snow(easel: Easel) -> None:
    """Snowflakes near and far."""
    sheet, dice = easel.sheet, easel.random("snowfall")
    box = (0.0, 0.0, float(sheet.width), float(sheet.height))
    colour = easel.palette.graded(lab("ffffff"))
    for number, size, alpha in ((190, 0.0018, 0.65), (70, 0.0034, 0.8), (18, 0.0064, 0.6)):
        flakes = [
            (
                dice.random() * sheet.width,
                dice.random() * sheet.height,
                max(0.5, size * sheet.unit * dice.uniform(0.6, 1.3)),
            )
            for _ in range(number)
        ]
        sheet.lay(
            sheet.dots(box, flakes),
            colour,
            alpha,
        )


def mist(easel: Easel, height: float, alpha: float, name: str) -> None:
    """A long bank of mist at a height in pixels."""
    sheet, dice = easel.sheet, easel.random(f"mist:{name}")
    wide, tall = 64, 40
    rows = np.linspace(-1, 1, tall)[:, None]
    middle = 0.25 * ripple(dice, wide, 2, 2)[None, :]
    thick = 0.45 + 0.18 * ripple(dice, wide, 3, 2)[None, :]
    cover = np.exp(-(((rows - middle) / thick) ** 2)) * np.clip((1 - np.abs(rows)) * 4, 0, 1)
    reach = round(sheet.unit * 0.16)
    soft = Image.fromarray((np.clip(cover, 0, 1) * 255).astype(np.uint8)).resize(
        (sheet.width, reach * 2), Image.Resampling.BICUBIC
    )
    top = round(height) - reach
    crop = (0, max(0, -top), sheet.width, min(reach * 2, sheet.height - top))
    if crop[3] > crop[1]:
        sheet.lay(Mask(soft.crop(crop), 0, top + crop[1]), lighter(easel.palette.haze, 0.03), alpha)

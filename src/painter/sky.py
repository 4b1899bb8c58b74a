"""The sky: its gradient, stars, northern lights, rainbows and clouds."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .colour import along, lab, lch, mix
from .curves import ripple
from .easel import Easel
from .sheet import Mask


def air(easel: Easel) -> None:
    """The sky from the zenith down to the horizon."""
    sheet, stops = easel.sheet, easel.palette.sky
    if easel.scene.manner.flat:
        stops = [mix(colour, along(stops, 0.55), 0.72) for colour in stops]
    reach = max(0.35, min(1.0, easel.scene.horizon + 0.04))
    tall = max(1, int(sheet.height * reach))
    sheet.picture.paste(sheet.ramp((sheet.width, tall), stops), (0, 0))
    sheet.picture.paste(sheet.ramp((sheet.width, sheet.height - tall), [stops[-1], stops[-1]]), (0, tall))


def stars(easel: Easel) -> None:
    """Stars of several sizes, thinning towards the horizon, a few of them with a spark."""
    sheet, dice = easel.sheet, easel.random("stars")
    colour = easel.palette.graded(lab("fff6e0"))
    bottom = sheet.height * min(0.96, easel.scene.horizon)
    number = int(190 * min(2.2, sheet.width * sheet.height / 786432) ** 0.35)
    faint: list[tuple[float, float, float]] = []
    bright: list[tuple[float, float, float]] = []
    for _ in range(number):
        x, y = dice.random() * sheet.width, dice.random() ** 1.35 * bottom
        size = (0.0007, 0.0009, 0.0012, 0.0017)[min(3, int(dice.random() ** 1.8 * 4))] * sheet.unit
        (bright if dice.random() < 0.3 else faint).append((x, y, max(0.45, size)))
    box = (0.0, 0.0, float(sheet.width), bottom)
    sheet.lay(sheet.dots(box, faint), colour, 0.55)
    sheet.lay(sheet.dots(box, bright), colour, 0.95)
    for x, y, size in bright[:7]:
        brush = easel.brush(x, y, size * 4.2)
        spark = [(0, 1), (0.13, 0.13), (1, 0), (0.13, -0.13), (0, -1), (-0.13, -0.13), (-1, 0), (-0.13, 0.13)]
        sheet.glow(x, y, size * 9, colour, 0.35)
        brush.shapes([spark], colour, raw=True, alpha=0.9, lift=-1, outline=False)


def galaxy(easel: Easel) -> None:
    """A band of stardust leaning across the sky."""
    sheet, dice = easel.sheet, easel.random("galaxy")
    wide, tall = 96, max(24, round(96 * sheet.height / sheet.width))
    x, y = np.meshgrid(np.linspace(-1, 1, wide), np.linspace(-1, 1, tall))
    lean, shift = dice.uniform(0.7, 1.2) * dice.choice((-1, 1)), dice.uniform(-0.2, 0.2)
    far = (x * lean + y * 0.75 + shift + 0.18 * ripple(dice, wide, 2)[None, :]) / 0.42
    veil = np.exp(-(far**2)) * (0.75 + 0.5 * ripple(dice, tall, 5)[:, None])
    dark = np.exp(-((far * 3 + 0.5) ** 2)) * 0.5
    for strength, colour, alpha in ((veil, lch(0.72, 0.09, 310), 0.42), (veil**3 - dark, lch(0.9, 0.05, 80), 0.5)):
        cover = Image.fromarray((np.clip(strength, 0, 1) * 255).astype(np.uint8))
        cover = cover.resize((sheet.width, sheet.height), Image.Resampling.BICUBIC)
        sheet.lay(Mask(cover, 0, 0), easel.palette.graded(colour), alpha)
    dust = []
    for _ in range(420):
        along_band, off = dice.uniform(-1.2, 1.2), dice.gauss(0, 0.16)
        px, py = along_band, -(along_band * lean + shift) / 0.75 + off
        dust.append(((px + 1) / 2 * sheet.width, (py + 1) / 2 * sheet.height, max(0.4, sheet.unit * 0.0006)))
    box = (0.0, 0.0, float(sheet.width), float(sheet.height))
    cover_stars = sheet.dots(box, dust)
    sheet.lay(cover_stars, easel.palette.graded(lab("fff3dc")), 0.7)


def aurora(easel: Easel) -> None:
    """Curtains of northern light."""
    sheet, dice = easel.sheet, easel.random("aurora")
    wide, tall = 160, max(60, round(110 * sheet.height / sheet.width))
    rows = np.linspace(0, 1, tall)[:, None]
    for band, colour in enumerate((lch(0.82, 0.19, 158), lch(0.76, 0.15, 176), lch(0.66, 0.19, 322))):
        line = 0.2 + 0.09 * band + 0.16 * ripple(dice, wide, 1.6, 2)[None, :] - (0.08 if band == 2 else 0)
        folds = 0.62 + 0.38 * ripple(dice, wide, 16, 3)[None, :]
        above = np.clip(line + 0.06 - rows, 0, 1)
        curtain = np.exp(-above / (0.17 + 0.07 * folds)) * np.clip((line + 0.09 - rows) / 0.05, 0, 1) * folds
        reach = np.clip((easel.scene.horizon - rows) / 0.2, 0, 1)
        cover = Image.fromarray((np.clip(curtain * reach, 0, 1) * 255).astype(np.uint8))
        soft = cover.resize((sheet.width, sheet.height), Image.Resampling.BICUBIC)
        sheet.lay(Mask(soft, 0, 0), easel.palette.graded(colour), 0.62 if band < 2 else 0.4)


def rainbow(easel: Easel) -> None:
    """A bow over the land."""
    sheet, dice = easel.sheet, easel.random("rainbow")
    x, y = sheet.width * dice.choice((0.32, 0.68)), easel.water_line * 1.04
    radius, step = sheet.unit * 0.5, sheet.unit * 0.0125
    for ring, name in enumerate(("e0564a", "f09a4a", "f3d35e", "74b76a", "4f93cf", "7a62b4")):
        brush = easel.brush(x, y, radius - ring * step)
        turn = np.radians(np.linspace(-6, 186, 90))
        outer = np.stack([np.cos(turn), np.sin(turn)], 1)
        inner = outer[::-1] * (1 - step / (radius - ring * step))
        brush.shapes([np.vstack([outer, inner])], name, alpha=0.5, lift=-1, outline=False)

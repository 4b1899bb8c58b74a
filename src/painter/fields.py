"""What covers the ground: grass, furrows, flower meadows, lavender rows."""

from __future__ import annotations

import random

import numpy as np

from . import plants
from .colour import lab, lighter, mix
from .curves import Line, ripple
from .easel import Easel
from .land import soil
from .scene import Ground
from .wish import Thing


def furrows(easel: Easel, layer: Ground) -> None:
    """Field lines that follow the roll of a hill."""
    sheet, dice = easel.sheet, easel.random(f"furrows:{layer.name}")
    colour = soil(easel, layer)
    xs = np.linspace(-5, sheet.width + 5, 70)
    line = np.interp(xs, np.linspace(0, sheet.width, len(layer.skyline)), layer.skyline)
    middle, brush = float(line.mean()), easel.brush(0, 0, 1)
    pale: list[Line] = []
    deep: list[Line] = []
    for k in range(1, 8):
        share = k / 8
        flat = middle + sheet.unit * 0.15
        y = (
            line * (1 - share)
            + flat * share
            + sheet.unit * 0.024 * k * (0.5 + 0.6 * layer.depth)
            + 2 * ripple(dice, 70, 3, 1)
        )
        start = dice.uniform(-0.2, 0.5)
        part = slice(max(0, int(70 * start)), int(70 * (start + dice.uniform(0.4, 0.8))))
        piece = np.stack([xs, -y], 1)[part]
        if len(piece) > 3:
            (pale if k % 2 else deep).append(piece)
    width = sheet.unit * 0.0026 * layer.depth
    brush.lines(pale, width, lighter(colour, 0.05), raw=True, alpha=0.5)
    brush.lines(deep, width, mix(colour, easel.palette.shade, 0.3), raw=True, alpha=0.4)


def grass(easel: Easel, layer: Ground) -> None:
    """Blades along the nearest ridge."""
    sheet, dice = easel.sheet, easel.random("grass")
    colour = soil(easel, layer)
    blades = []
    x = -4.0
    while x < sheet.width:
        x += sheet.unit * dice.uniform(0.002, 0.007)
        y = layer.at(x, sheet.width)
        tall, lean = sheet.unit * dice.uniform(0.008, 0.026), sheet.unit * dice.uniform(-0.01, 0.012)
        half = sheet.unit * 0.0014
        blades.append([(x - half, -y - 3), (x + lean, -y + tall), (x + half, -y - 3)])
    easel.brush(0, 0, 1).shapes(blades, colour, raw=True, lift=-1, outline=False)


def bloom(easel: Easel, thing: Thing, layer: Ground) -> None:
    """A meadow of flowers, small and many far off, large and few near us."""
    sheet, dice = easel.sheet, easel.random(f"bloom:{thing.kind}")
    foot = sheet.height
    _speckle(easel, thing, layer, dice)
    painter = plants.sunflower if thing.kind == "sunflower" else plants.flower
    number = thing.count or (44 if thing.kind == "flower" else 30)
    spots = []
    for k in range(number):
        far = 0.1 + 0.9 * ((k + 0.5) / number) ** 1.3
        x = ((k * 0.618 + dice.random() * 0.2) % 1.0) * sheet.width
        top = layer.at(x, sheet.width)
        y = top + (foot * 1.05 - top) * far
        size = (
            sheet.unit
            * (0.035 + 0.145 * far**1.4)
            * dice.uniform(0.8, 1.15)
            * thing.size
            * (1.5 if thing.kind == "sunflower" else 1)
        )
        spots.append((y, x, size))
    for rank, (y, x, size) in enumerate(sorted(spots)):
        painter(easel.brush(x, y, size, flip=dice.random() < 0.5), thing, easel.random(f"{thing.kind}:{rank}"))


def _speckle(easel: Easel, thing: Thing, layer: Ground, dice: random.Random) -> None:
    """Far flowers, no more than dots of colour."""
    sheet = easel.sheet
    codes = ("f0b429",) if thing.kind == "sunflower" else plants.petals_of(thing)[:5]
    for code in codes:
        own, bound = easel.own(thing, code)
        dots = []
        for _ in range(int(300 / len(codes))):
            x, far = dice.random() * sheet.width, dice.random() ** 1.5 * 0.55
            top = layer.at(x, sheet.width)
            size = sheet.unit * (0.0016 + 0.006 * far)
            dots.append((x, top + (sheet.height - top) * far + 1, size, size * 0.75))
        box = (0.0, float(layer.skyline.min()), float(sheet.width), float(sheet.height))
        mask = sheet.dots(box, dots)
        sheet.lay(mask, easel.palette.lit(own, 0.9, own=bound), 0.95)


def lavender(easel: Easel, layer: Ground) -> None:
    """Rows of lavender that run together at the horizon."""
    sheet, dice = easel.sheet, easel.random("lavender")
    thing = easel.scene.thing("lavender_field")
    own, bound = easel.own(thing, "8a6bbf")
    x0, y0 = sheet.width * dice.choice((0.36, 0.62)), float(layer.skyline.min()) - sheet.unit * 0.02
    base = easel.palette.lit(own, own=bound)
    rows = []
    for k in range(-11, 12):
        x1 = x0 + k * sheet.unit * 0.15
        half = sheet.unit * 0.046
        rows.append([(x0 + k * sheet.unit * 0.009, y0), (x1 + half, sheet.height + 4), (x1 - half, sheet.height + 4)])
    box = (0.0, float(layer.skyline.min()), float(sheet.width), float(sheet.height))
    mask = sheet.polygons(box, rows)
    xs = np.linspace(0, sheet.width, len(layer.skyline))
    land = np.vstack([np.stack([xs, layer.skyline], 1), [(sheet.width, sheet.height), (0, sheet.height)]])
    area = sheet.stencil(box, lambda pen: pen.polygon(land))
    if mask is None or area is None:
        return
    both = mask.within(area)
    sheet.lay(
        both, sheet.ramp(both.size, [mix(base, easel.palette.haze, 0.3), base, mix(base, easel.palette.shade, 0.3)])
    )
    tips = []
    for k in range(-11, 12):
        for _ in range(26):
            far = dice.random() ** 0.7
            x1 = x0 + (k + dice.uniform(-0.3, 0.2)) * sheet.unit * 0.15
            tips.append(
                (x0 + (x1 - x0) * (0.06 + 0.94 * far), y0 + (sheet.height - y0) * far, sheet.unit * 0.006 * far + 0.3)
            )
    dots = sheet.dots(box, tips)
    if dots is not None:
        sheet.lay(dots.within(area), easel.palette.lit(lighter(own if bound else lab("b39ddb"), 0.04), own=bound), 0.75)

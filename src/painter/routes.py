"""What crosses the land: rivers, roads, waterfalls."""

from __future__ import annotations

import random

import numpy as np

from .colour import lab, lighter, mix
from .curves import Line
from .easel import Easel
from .scene import Ground
from .water import stops


def _ribbon(
    dice: random.Random, top: tuple[float, float], bottom: float, width: float, wide: float
) -> tuple[Line, Line]:
    """The two banks of something that winds towards us."""
    swing = dice.choice((-1, 1))
    t = np.linspace(0, 1, 60)
    y = top[1] + (bottom - top[1]) * t
    middle = (
        top[0]
        + swing * width * (0.2 * np.sin(t**0.62 * 2 * np.pi * 1.2) * (0.25 + t))
        + (0.5 * width - top[0]) * t**2 * 0.5
    )
    half = wide * (0.03 + 0.97 * t**1.7)
    return np.stack([middle - half, y], 1), np.stack([middle + half, y], 1)


def river(easel: Easel, layer: Ground) -> None:
    """A river that winds down a slope and mirrors the sky."""
    sheet, dice = easel.sheet, easel.random("river")
    x = sheet.width * dice.choice((0.36, 0.6))
    left, right = _ribbon(dice, (x, layer.at(x, sheet.width) + 2), sheet.height + 2, sheet.width, sheet.unit * 0.14)
    outline = np.vstack([left, right[::-1]])
    mask = sheet.stencil((0, float(left[0, 1]), sheet.width, sheet.height), lambda pen: pen.polygon(outline))
    if mask is not None:
        water = [mix(colour, easel.palette.sky[-1 - k], 0.55) for k, colour in enumerate(stops(easel))]
        sheet.lay(mask, sheet.ramp(mask.size, water))
        flip = np.array([1, -1])
        bank = lighter(water[0], 0.06)
        easel.brush(0, 0, 1).lines([left * flip, right * flip], sheet.unit * 0.0022, bank, raw=True, alpha=0.5)


def road(easel: Easel, layer: Ground) -> None:
    """A pale road over the near land."""
    sheet, dice = easel.sheet, easel.random("road")
    thing = easel.scene.thing("road")
    own, bound = easel.own(thing, "e6d3ae")
    x = sheet.width * (thing.place if thing and thing.place is not None else dice.choice((0.4, 0.6)))
    left, right = _ribbon(dice, (x, layer.at(x, sheet.width) + 1), sheet.height + 2, sheet.width, sheet.unit * 0.09)
    colour = easel.palette.lit(own, 0.9, own=True) if bound else easel.palette.land(own, 0.8)
    mask = sheet.stencil(
        (0, float(left[0, 1]), sheet.width, sheet.height), lambda pen: pen.polygon(np.vstack([left, right[::-1]]))
    )
    if mask is not None:
        sheet.lay(
            mask,
            sheet.ramp(
                mask.size, [mix(colour, easel.palette.haze, 0.4), colour, mix(colour, easel.palette.shade, 0.2)]
            ),
            0.92,
        )


def waterfall(easel: Easel, layer: Ground) -> None:
    """A white fall from the range into its own mist."""
    sheet, dice = easel.sheet, easel.random("waterfall")
    thing = easel.scene.thing("waterfall")
    x = sheet.width * (thing.place if thing and thing.place is not None else dice.choice((0.36, 0.62)))
    top = layer.at(x, sheet.width) + sheet.unit * 0.09
    bottom = min(sheet.height * 0.86, top + sheet.unit * 0.4)
    wide = sheet.unit * 0.03 * (thing.size if thing else 1)
    white = mix(easel.palette.graded(lab("fbfdfb")), easel.palette.shade, 0.25 * easel.palette.hour.dark)
    brush = easel.brush(0, 0, 1)
    fall = [(x - wide * 0.6, -top), (x + wide * 0.6, -top), (x + wide, -bottom), (x - wide, -bottom)]
    brush.shapes([fall], white, raw=True, alpha=0.92, lift=-1)
    lines = [
        [(x + wide * place * 0.6, -top - 2), (x + wide * place, -bottom)] for place in (-0.7, -0.35, 0.05, 0.4, 0.75)
    ]
    brush.lines(lines, sheet.unit * 0.0022, mix(white, easel.palette.shade, 0.3), raw=True, alpha=0.5)
    for k in (-1, 0, 1):
        sheet.glow(x + k * wide, bottom, wide * 3, white, 0.75, 0.55)

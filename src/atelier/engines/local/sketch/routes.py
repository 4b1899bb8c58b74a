"""What crosses the land: rivers, roads, bridges, trains, waterfalls."""

from __future__ import annotations

import random

import numpy as np

from .colour import lab, lighter, mix
from .curves import Line
from .easel import Easel
from .scene import Ground
from .water import stops
from .words import Thing


def _ribbon(dice: random.Random, top: tuple[float, float], bottom: float, width: float, wide: float) -> tuple[Line, Line]:
    """The two banks of something that winds towards us."""
    swing = dice.choice((-1, 1))
    t = np.linspace(0, 1, 60)
    y = top[1] + (bottom - top[1]) * t
    middle = top[0] + swing * width * (0.2 * np.sin(t**0.62 * 2 * np.pi * 1.2) * (0.25 + t)) + (0.5 * width - top[0]) * t**2 * 0.5
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
    mask = sheet.stencil((0, float(left[0, 1]), sheet.width, sheet.height), lambda pen: pen.polygon(np.vstack([left, right[::-1]])))
    if mask is not None:
        sheet.lay(mask, sheet.ramp(mask.size, [mix(colour, easel.palette.haze, 0.4), colour, mix(colour, easel.palette.shade, 0.2)]), 0.92)


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
    lines = [[(x + wide * place * 0.6, -top - 2), (x + wide * place, -bottom)] for place in (-0.7, -0.35, 0.05, 0.4, 0.75)]
    brush.lines(lines, sheet.unit * 0.0022, mix(white, easel.palette.shade, 0.3), raw=True, alpha=0.5)
    for k in (-1, 0, 1):
        sheet.glow(x + k * wide, bottom, wide * 3, white, 0.75, 0.55)


def bridge(easel: Easel, thing: Thing) -> None:
    """A bridge from shore to shore: hung from towers over the sea, arched in stone over a lake."""
    sheet, line = easel.sheet, easel.water_line
    flip = np.array([1, -1])
    own, bound = easel.own(thing, "c8452f" if easel.scene.water == "sea" or easel.scene.ground == "city" else "b8a894")
    depth = 0.78
    colour = easel.palette.lit(own, depth, own=bound)
    dark = mix(colour, easel.palette.shade, 0.3)
    brush = easel.brush(0, 0, 1)
    width, unit = sheet.width, sheet.unit
    foot = line + (sheet.height - line) * 0.1
    if easel.scene.water == "sea" or easel.scene.ground == "city":
        deck, top = foot - unit * 0.085, foot - unit * 0.36
        towers = (width * 0.24, width * 0.76)
        x = np.linspace(-0.02 * width, 1.02 * width, 90)
        inside = ((x - width / 2) / (towers[1] - width / 2)) ** 2
        outside = (np.abs(x - width / 2) - (towers[1] - width / 2)) / (width * 0.28)
        cable = np.where(inside <= 1, deck - (deck - top) * np.clip(inside, 0.04, 1), top + (deck - top) * np.clip(outside, 0, 1))
        brush.lines([np.stack([x, cable], 1) * flip], unit * 0.004, colour, raw=True)
        brush.lines([[(float(a), -float(b)), (float(a), -deck)] for a, b in zip(x[::2], cable[::2], strict=True)], unit * 0.0014, colour, raw=True, alpha=0.8)
        for tower in towers:
            half = unit * 0.012
            legs = [[(tower + s * half * 1.7 - half * 0.5, -foot), (tower + s * half * 1.3 - half * 0.45, -top + unit * 0.012),
                     (tower + s * half * 1.3 + half * 0.45, -top + unit * 0.012), (tower + s * half * 1.7 + half * 0.5, -foot)] for s in (-1, 1)]  # fmt: skip
            bars = [[(tower - half * 1.6, -y), (tower + half * 1.6, -y), (tower + half * 1.6, -y + unit * 0.012), (tower - half * 1.6, -y + unit * 0.012)]
                    for y in (top + unit * 0.012, top + unit * 0.09, top + unit * 0.17)]  # fmt: skip
            brush.shapes([*legs, *bars], colour, raw=True)
            brush.shapes([[(tower - unit * 0.035, -foot - unit * 0.008), (tower + unit * 0.035, -foot - unit * 0.008), (tower + unit * 0.03, -foot + unit * 0.01), (tower - unit * 0.03, -foot + unit * 0.01)]], dark, raw=True, lift=-1)
        brush.shapes([[(-5, -deck), (width + 5, -deck), (width + 5, -deck - unit * 0.011), (-5, -deck - unit * 0.011)]], dark, raw=True)
        return
    deck, arches = foot - unit * 0.12, 4 if width <= sheet.height else 6
    span = width / arches

    def draw_outline() -> list[Line]:
        pieces: list[Line] = []
        for k in range(arches):
            x0, x1 = k * span, (k + 1) * span
            turn = np.linspace(0, np.pi, 22)
            hole = np.stack([(x0 + x1) / 2 + np.cos(turn) * span * 0.38, foot - np.sin(turn) * unit * 0.088], 1)
            pieces.append(np.vstack([[(x1 + 1, foot)], [(x1 + 1, deck)], [(x0 - 1, deck)], [(x0 - 1, foot)], hole[::-1]]) * flip)
        return pieces

    brush.shapes(draw_outline(), colour, raw=True)
    brush.shapes([[(-5, -deck), (width + 5, -deck), (width + 5, -deck + unit * 0.012), (-5, -deck + unit * 0.012)]], lighter(colour, 0.06), raw=True, lift=-1)
    brush.shapes([[(-5, -deck - unit * 0.006), (width + 5, -deck - unit * 0.006), (width + 5, -deck), (-5, -deck)]], dark, raw=True, lift=-1, outline=False)


def train(easel: Easel, thing: Thing, layer: Ground) -> None:
    """A steam train that runs along a ridge on its embankment."""
    sheet, dice = easel.sheet, easel.random("train")
    unit = sheet.unit
    front = sheet.width * (thing.place if thing.place is not None else 0.64)
    y = float(layer.skyline[40:380].mean())
    own, bound = easel.own(thing, dice.choice(("b8352c", "2d4f6c", "2f6650")))
    brush = easel.brush(front, y, unit * 0.075, layer.depth)
    bed = easel.palette.land("8a7a66", layer.depth)
    easel.brush(0, 0, 1).shapes([[(-5, -y), (sheet.width + 5, -y), (sheet.width + 5, -y - unit * 0.03), (-5, -y - unit * 0.03)]], bed, raw=True)
    for k in range(9):
        brush.disc(0.3 - 0.36 * k, 0.95 + 0.11 * k, 0.13 + 0.045 * k, "f4efe6", alpha=0.62 - 0.055 * k)
    lamp = easel.palette.lamp if easel.scene.dark else lab("cfe3e8")
    for k in range(1, 5):
        x = -1.12 * k
        brush.polygon([(x - 0.52, 0.12), (x - 0.52, 0.56), (x + 0.52, 0.56), (x + 0.52, 0.12)], own, own=bound)
        brush.polygon([(x - 0.55, 0.56), (x - 0.5, 0.64), (x + 0.5, 0.64), (x + 0.55, 0.56)], lighter(own, -0.12), own=bound)
        panes = [[(x + p, 0.3), (x + p + 0.15, 0.3), (x + p + 0.15, 0.48), (x + p, 0.48)] for p in (-0.44, -0.2, 0.05, 0.29)]
        brush.shapes(panes, lamp, raw=easel.scene.dark, lift=-1)
        for wheel in (-0.32, 0.32):
            brush.disc(x + wheel, 0.08, 0.1, "2a2730")
    brush.polygon([(-0.5, 0.12), (-0.5, 0.78), (-0.12, 0.78), (-0.12, 0.52), (0.5, 0.5), (0.56, 0.3), (0.5, 0.12)], lighter(own, -0.08), own=bound)
    brush.polygon([(-0.54, 0.78), (-0.5, 0.85), (-0.1, 0.85), (-0.08, 0.78)], "2a2730")
    brush.polygon([(0.26, 0.5), (0.22, 0.84), (0.42, 0.84), (0.38, 0.5)], "2a2730")
    brush.polygon([(0.5, 0.14), (0.72, 0.0), (0.46, 0.0)], "2a2730")
    brush.shapes([[(-0.42, 0.55), (-0.2, 0.55), (-0.2, 0.72), (-0.42, 0.72)]], lamp, raw=easel.scene.dark, lift=-1)
    for x, r in ((-0.3, 0.16), (0.06, 0.12), (0.34, 0.12)):
        brush.disc(x, 0.08, r, "2a2730")
        brush.disc(x, 0.08, r * 0.45, own, own=bound)
    if easel.scene.dark:
        brush.glow(0.7, 0.4, 1.2, lamp, 0.7)



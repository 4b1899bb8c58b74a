"""Cities: rows of towers with lit windows, each row nearer and darker."""

from __future__ import annotations

import random

import numpy as np

from .colour import lab, lighter, mix
from .easel import Easel
from .sheet import Pen

FACADES = ("6f7f99", "8a7f94", "7c8f96", "9a8578", "5f7590")
Corners = list[tuple[float, float]]


def _tower(dice: random.Random, x: float, wide: float, top: float, base: float) -> Corners:
    """The outline of one tower, with a crown of some period."""
    left, right = x, x + wide
    crown = dice.randrange(8)
    body: Corners = [(left, base), (left, top)]
    if crown == 0:
        body += [
            (left + wide * 0.2, top),
            (left + wide * 0.2, top - wide * 0.35),
            (left + wide * 0.38, top - wide * 0.35),
            (left + wide * 0.5, top - wide * 1.3),
            (left + wide * 0.62, top - wide * 0.35),
            (right - wide * 0.2, top - wide * 0.35),
            (right - wide * 0.2, top),
        ]
    elif crown == 1:
        body += [(left, top - wide * 0.1), (right, top - wide * 0.5)]
    elif crown == 2:
        body += [
            (left + wide * 0.14, top),
            (left + wide * 0.14, top - wide * 0.2),
            (right - wide * 0.14, top - wide * 0.2),
            (right - wide * 0.14, top),
        ]
    elif crown == 3:
        body += [
            (left + wide * 0.46, top),
            (left + wide * 0.48, top - wide * 0.8),
            (left + wide * 0.52, top - wide * 0.8),
            (left + wide * 0.54, top),
        ]
    elif crown == 4:
        turn = np.linspace(np.pi, 0, 12)
        body += [(left + wide / 2 + wide / 2 * float(np.cos(t)), top - wide * 0.45 * float(np.sin(t))) for t in turn]
    return [*body, (right, top), (right, base)]


def row(easel: Easel, name: str, base: float, tall: float, depth: float) -> None:
    """One row of towers standing on a line."""
    sheet, scene, dice = easel.sheet, easel.scene, easel.random(f"city:{name}")
    thing = scene.thing("city")
    unit = sheet.unit
    heart = (0.36 if dice.random() < 0.5 else 0.64) if thing is None or thing.place is None else thing.place
    towers: list[Corners] = []
    sides: list[Corners] = []
    lit: list[Corners] = []
    dull: list[Corners] = []
    x = -unit * 0.02
    dark = scene.dark
    while x < sheet.width:
        wide = unit * dice.uniform(0.028, 0.062) * (0.7 + 0.6 * depth)
        near_heart = np.exp(-(((x / sheet.width - heart) / 0.3) ** 2))
        height = tall * (
            (0.3 if depth < 0.9 else 0.55) + 0.55 * near_heart * dice.uniform(0.6, 1.15) + 0.25 * dice.random()
        )
        top = base - height
        towers.append(_tower(dice, x, wide, top, base + 2))
        sides.append([(x + wide * 0.64, base), (x + wide * 0.64, top), (x + wide, top), (x + wide, base)])
        _panes(
            dice,
            x,
            wide,
            top,
            base,
            unit * (0.0042 + 0.0042 * depth),
            (0.12 + 0.16 * depth) if dark else 0.0,
            lit,
            dull,
        )
        x += wide + (unit * dice.uniform(0.0, 0.012) if dice.random() < 0.35 else 0)
    box = (0.0, base - tall * 1.6, float(sheet.width), base)
    own, bound = easel.own(thing, dice.choice(FACADES))
    body = easel.palette.lit(own, depth, own=True) if bound else easel.palette.land(own, depth)

    def draw(pen: Pen) -> None:
        for tower in towers:
            pen.polygon(tower)

    mask = sheet.stencil(box, draw)
    if mask is None:
        return
    if scene.manner.shadows:
        sheet.shade(mask, -unit * 0.004, unit * 0.01, easel.palette.shade, 0.4)
    foot = mix(body, easel.palette.haze, 0.45 * (1.0 - depth))
    sheet.lay(mask, sheet.ramp(mask.size, [body, body, foot]))
    flank = sheet.polygons(box, sides)
    if flank is not None:
        sheet.lay(flank.within(mask), easel.palette.shade, 0.16)
    for panes, colour, alpha in (
        (dull, lighter(body, 0.07 if not dark else -0.03), 0.55),
        (lit, easel.palette.lamp, 0.5 + 0.45 * depth),
    ):
        sheet.lay(sheet.polygons(box, panes), colour, alpha)
    if scene.manner.outlines:
        width = max(0.6, unit * 0.0016)
        sheet.lay(sheet.strokes(box, towers, width), easel.ink, 0.8)


def _panes(
    dice: random.Random,
    x: float,
    wide: float,
    top: float,
    base: float,
    size: float,
    chance: float,
    lit: list[Corners],
    dull: list[Corners],
) -> None:
    across = max(2, int(wide / (size * 1.9)))
    step_x = wide / across
    step_y = size * 2.1
    down = int((base - top - size) / step_y)
    strips = dice.random() < 0.25
    for row_index in range(min(down, 46)):
        shining = dice.random() < chance
        for k in range(across):
            left, high = x + step_x * (k + 0.24), top + size * 0.9 + row_index * step_y
            pane = [
                (left, high),
                (left + step_x * 0.52, high),
                (left + step_x * 0.52, high + size),
                (left, high + size),
            ]
            if shining if strips else dice.random() < chance:
                lit.append(pane)
            elif dice.random() < 0.8:
                dull.append(pane)


def glow(easel: Easel, base: float) -> None:
    """The light that a city throws at the sky."""
    if easel.scene.dark:
        sheet = easel.sheet
        warm = mix(easel.palette.lamp, easel.palette.sky[-1], 0.45)
        sheet.glow(sheet.width / 2, base, max(sheet.width, sheet.unit) * 0.7, warm, 0.4, 0.4)
    else:
        easel.sheet.glow(
            easel.sheet.width / 2, base, easel.sheet.width * 0.7, lighter(easel.palette.haze, 0.04), 0.5, 0.35
        )


def lamps(easel: Easel, base: float) -> None:
    """A string of lamps along the quay."""
    sheet = easel.sheet
    brush = easel.brush(0, 0, 1)
    step = sheet.unit * 0.06
    for k in range(int(sheet.width / step) + 1):
        x = (k + 0.5) * step
        brush.disc(x, -base + sheet.unit * 0.004, sheet.unit * 0.0022, lab("ffe2a0"), raw=True)
        sheet.glow(x, base, sheet.unit * 0.02, easel.palette.lamp, 0.5)

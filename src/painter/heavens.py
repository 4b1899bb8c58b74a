"""Rarer lights of the sky: comets, lightning, planets."""

from __future__ import annotations

import math

import numpy as np

from .colour import lab, lighter, mix, vivid
from .curves import Line, arc
from .easel import Easel
from .wish import Thing


def comet(easel: Easel, thing: Thing) -> None:
    """Shooting stars with tails."""
    sheet, dice = easel.sheet, easel.random("comet")
    colour = easel.palette.graded(lab("fff4d8"))
    for k in range(min(12, thing.count or (4 if thing.plural else 1))):
        x = sheet.width * (thing.place if thing.place is not None and k == 0 else dice.uniform(0.12, 0.85))
        y, long = sheet.height * easel.scene.horizon * dice.uniform(0.08, 0.5), sheet.unit * dice.uniform(0.16, 0.28)
        brush = easel.brush(x, y, long * thing.size, flip=easel.light[0] > 0.5)
        for share, alpha in ((1.0, 0.25), (0.7, 0.35), (0.4, 0.5), (0.16, 0.9)):
            brush.shapes(
                [[(0, 0.007), (0.006, -0.006), (-share, share * 0.52)]],
                colour,
                raw=True,
                alpha=alpha,
                lift=-1,
                outline=False,
            )
        brush.glow(0, 0, 0.09, colour, 0.8)
        brush.disc(0, 0, 0.012, colour, raw=True)


def lightning(easel: Easel) -> None:
    """One bolt, forked, and the glow round it."""
    sheet, dice = easel.sheet, easel.random("lightning")
    x = sheet.width * dice.choice((0.24, 0.3, 0.7, 0.77))
    top, bottom = sheet.height * 0.1, easel.water_line
    colour = easel.palette.graded(lab("fff6cf"))
    sheet.glow(x, (top + bottom) / 2, (bottom - top) * 0.75, colour, 0.35)
    points = [(x, top)]
    for k in range(1, 10):
        points.append((x + dice.uniform(-0.045, 0.045) * sheet.unit, top + (bottom - top) * k / 9))
    brush = easel.brush(0, 0, 1)
    fork_at = points[4]
    fork = [fork_at] + [
        (fork_at[0] + sheet.unit * (0.03 * k + dice.uniform(-0.012, 0.012)), fork_at[1] + (bottom - top) * 0.09 * k)
        for k in range(1, 4)
    ]
    flip = np.array([1, -1])
    brush.lines([np.array(points) * flip], sheet.unit * 0.0055, colour, raw=True)
    brush.lines([np.array(fork) * flip], sheet.unit * 0.003, colour, raw=True, alpha=0.85)


def planet(easel: Easel, thing: Thing) -> None:
    """A great ringed planet, lit from one side."""
    sheet, dice = easel.sheet, easel.random("planet")
    x = sheet.width * (thing.place or dice.choice((0.32, 0.66)))
    y, radius = sheet.height * easel.scene.horizon * 0.42, sheet.unit * 0.15 * thing.size
    own, bound = easel.own(thing, dice.choice(("e09a6b", "c9a2d6", "7fb5c4", "e5b85c")))
    body = own if bound else easel.palette.graded(own)
    brush = easel.brush(x, y, radius)
    brush.glow(0, 0, 2.2, body, 0.35)
    ring = mix(body, (0.95, 0.0, 0.03), 0.55)
    lean = np.array([[0.94, 0.34], [-0.34, 0.94]])

    def band(outer: float, inner: float, start: float, end: float) -> Line:
        ring: Line = np.vstack([arc(0, 0, outer, start, end, 0.24), arc(0, 0, inner, end, start, 0.24)]) @ lean
        return ring

    brush.polygon(band(1.95, 1.42, 0, 180), mix(ring, easel.palette.sky[1], 0.45), raw=True)
    brush.disc(0, 0, 1, body, raw=True)
    for level, shift in ((0.45, 0.06), (-0.05, -0.05), (-0.5, 0.04)):
        half = math.sqrt(1 - level * level)
        stripe = np.vstack([arc(0, level, half, 180, 360, 0.22), arc(0, level - 0.16, half * 0.97, 360, 180, 0.22)])
        brush.shapes([stripe @ lean], lighter(vivid(body, 1.1), shift), raw=True, alpha=0.6, lift=-1, outline=False)
    dark = np.vstack([arc(0, 0, 1.0, -110, 70), arc(-0.42, 0.22, 1.0, 60, -100)])
    brush.shapes([dark], easel.palette.sky[0], raw=True, alpha=0.38, lift=-1, outline=False)
    brush.polygon(band(1.95, 1.42, 180, 360), ring, raw=True)

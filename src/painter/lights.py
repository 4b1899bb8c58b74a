"""The lights of the sky: sun and moon, and where they stand."""

from __future__ import annotations

import math

import numpy as np

from .colour import lab, lighter, mix
from .curves import arc
from .easel import Easel
from .wish import Thing


def place_of_light(easel: Easel) -> tuple[float, float]:
    """Where the sun or the moon stands, as shares of the width and the height."""
    scene = easel.scene
    thing = scene.thing("sun", "moon", "crescent")
    dice = easel.random("light")
    x = dice.choice((0.3, 0.36, 0.5, 0.62, 0.68)) + dice.uniform(-0.03, 0.03)
    low, high = easel.palette.hour.sun
    tall = dice.uniform(low, high)
    if thing is not None and thing.kind in {"moon", "crescent"}:
        tall = min(tall, dice.uniform(0.22, 0.36))
    if thing is not None and thing.place is not None:
        x = thing.place
    return x, tall * scene.horizon


def sun(easel: Easel, thing: Thing) -> None:
    """The sun and the light that it breathes into the air."""
    sheet, palette = easel.sheet, easel.palette
    x, y = easel.light[0] * sheet.width, easel.light[1] * sheet.height
    dice = easel.random("sun")
    low = easel.palette.hour.sun[1] > 0.45
    radius = sheet.unit * (dice.uniform(0.075, 0.135) if low else dice.uniform(0.056, 0.074)) * thing.size
    own, bound = easel.own(thing, "fff0c8")
    disc = own if bound else palette.light
    halo = mix(disc, palette.sky[-1], 0.3)
    sheet.glow(x, y, radius * 6.5, halo, 0.55)
    sheet.glow(x, y, radius * 2.6, lighter(halo, 0.03), 0.6)
    brush = easel.brush(x, y, radius)
    if easel.scene.hour == "neon":
        _banded(easel, x, y, radius * 1.35)
        return
    if easel.scene.manner.angular:
        for ring in (1.75, 1.38):
            brush.disc(0, 0, ring, mix(disc, palette.sky[-2], 0.62 if ring > 1.5 else 0.4), raw=True)
    if easel.scene.manner.finish == "linocut":
        rays = [
            [
                (math.cos(a - 0.035) * 1.25, math.sin(a - 0.035) * 1.25),
                (math.cos(a) * reach, math.sin(a) * reach),
                (math.cos(a + 0.035) * 1.25, math.sin(a + 0.035) * 1.25),
            ]
            for a, reach in ((k * math.tau / 28, 2.1 if k % 2 else 2.7) for k in range(28))
        ]
        brush.shapes(rays, disc, raw=True)
    brush.disc(0, 0, 1, disc, raw=True)


def _banded(easel: Easel, x: float, y: float, radius: float) -> None:
    """The striped sun of the neon coast."""
    sheet = easel.sheet
    brush = easel.brush(x, y, radius)
    top, bottom = easel.palette.graded(lab("ffe96b")), easel.palette.graded(lab("ff3f9b"))
    level = 1.0
    for band in range(9):
        thick = 0.34 - band * 0.022
        gap = 0.012 * band
        floor = max(-1.0, level - thick + gap)
        if level <= -1:
            break
        span = np.linspace(level, floor, 7)
        half = np.sqrt(np.maximum(0, 1 - span**2))
        piece = np.vstack([np.stack([half, span], 1), np.stack([-half[::-1], span[::-1]], 1)])
        brush.shapes([piece], mix(top, bottom, band / 7), raw=True, lift=-1, outline=False)
        level = floor - gap * 1.6 if band else floor
    sheet.glow(x, y, radius * 2, bottom, 0.25)


def moon(easel: Easel, thing: Thing) -> None:
    """The full moon with its seas, or a crescent."""
    sheet, palette = easel.sheet, easel.palette
    x, y = easel.light[0] * sheet.width, easel.light[1] * sheet.height
    radius = sheet.unit * easel.random("moon").uniform(0.055, 0.07) * thing.size
    own, bound = easel.own(thing, "f8efd6")
    face = own if bound else palette.graded(lab("f8efd6"))
    sheet.glow(x, y, radius * 6, mix(face, palette.sky[2], 0.45), 0.5)
    sheet.glow(x, y, radius * 2.4, face, 0.4)
    brush = easel.brush(x, y, radius)
    if thing.kind == "crescent":
        outer = arc(0, 0, 1, 50, 310)
        turn = np.linspace(310, 50, 28)
        inner = np.stack([0.36 + 0.82 * np.cos(np.radians(turn)), 0.9 * np.sin(np.radians(turn))], 1)
        inner = inner[(inner[:, 0] ** 2 + inner[:, 1] ** 2) < 1]
        brush.polygon(np.vstack([outer, inner]) @ np.array([[0.92, -0.39], [0.39, 0.92]]), face, raw=True)
        return
    brush.disc(0, 0, 1, face, raw=True)
    sea = mix(face, palette.sky[1], 0.16)
    for px, py, r in (
        (-0.32, 0.3, 0.27),
        (0.25, 0.42, 0.16),
        (0.33, -0.1, 0.22),
        (-0.12, -0.42, 0.18),
        (-0.55, -0.1, 0.1),
    ):
        brush.disc(px, py, r, sea, raw=True, alpha=0.5)

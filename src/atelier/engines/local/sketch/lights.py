"""The lights of the sky: sun, moon, comets, lightning, planets."""

from __future__ import annotations

import math

import numpy as np

from .colour import lab, lighter, mix, vivid
from .curves import arc
from .easel import Easel
from .words import Thing


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
    radius = sheet.unit * (dice.uniform(0.088, 0.112) if low else dice.uniform(0.056, 0.074)) * thing.size
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
            [(math.cos(a - 0.035) * 1.25, math.sin(a - 0.035) * 1.25), (math.cos(a) * reach, math.sin(a) * reach),
             (math.cos(a + 0.035) * 1.25, math.sin(a + 0.035) * 1.25)]
            for a, reach in ((k * math.tau / 28, 2.1 if k % 2 else 2.7) for k in range(28))
        ]  # fmt: skip
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


def comet(easel: Easel, thing: Thing) -> None:
    """Shooting stars with tails."""
    sheet, dice = easel.sheet, easel.random("comet")
    colour = easel.palette.graded(lab("fff4d8"))
    for k in range(min(12, thing.count or (4 if thing.plural else 1))):
        x = sheet.width * (thing.place if thing.place is not None and k == 0 else dice.uniform(0.12, 0.85))
        y, long = sheet.height * easel.scene.horizon * dice.uniform(0.08, 0.5), sheet.unit * dice.uniform(0.16, 0.28)
        brush = easel.brush(x, y, long * thing.size, flip=easel.light[0] > 0.5)
        for share, alpha in ((1.0, 0.25), (0.7, 0.35), (0.4, 0.5), (0.16, 0.9)):
            brush.shapes([[(0, 0.007), (0.006, -0.006), (-share, share * 0.52)]], colour, raw=True, alpha=alpha,
                         lift=-1, outline=False)  # fmt: skip
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

    def band(outer: float, inner: float, start: float, end: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.vstack([arc(0, 0, outer, start, end, 0.24), arc(0, 0, inner, end, start, 0.24)]) @ lean

    brush.polygon(band(1.95, 1.42, 0, 180), mix(ring, easel.palette.sky[1], 0.45), raw=True)
    brush.disc(0, 0, 1, body, raw=True)
    for level, shift in ((0.45, 0.06), (-0.05, -0.05), (-0.5, 0.04)):
        half = math.sqrt(1 - level * level)
        stripe = np.vstack([arc(0, level, half, 180, 360, 0.22), arc(0, level - 0.16, half * 0.97, 360, 180, 0.22)])
        brush.shapes([stripe @ lean], lighter(vivid(body, 1.1), shift), raw=True, alpha=0.6, lift=-1, outline=False)
    dark = np.vstack([arc(0, 0, 1.0, -110, 70), arc(-0.42, 0.22, 1.0, 60, -100)])
    brush.shapes([dark], easel.palette.sky[0], raw=True, alpha=0.38, lift=-1, outline=False)
    brush.polygon(band(1.95, 1.42, 180, 360), ring, raw=True)

"""The sea: islands, water, its waves and the light on it."""

from __future__ import annotations

import math

from house.world.colour import WHITE, between, lighter, mix, rgb
from house.world.land import down, wave
from house.world.mood import Mood
from house.world.pen import Pen, box, polygon
from house.world.sky import Disc
from house.world.streams import stream

WATERS = {
    "dawn": ["eab6a8", "8f93bd", "6c78ad"],
    "day": ["7fd0d8", "2f93b5", "14688f"],
    "dusk": ["d9708a", "693a75", "2c1f52"],
    "night": ["3a5c95", "16305f", "091634"],
}
HORIZON = 0.58


def water(pen: Pen, mood: Mood, seed: int, disc: Disc | None) -> None:
    """Everything below the horizon."""
    wide, tall = mood.width, mood.height
    horizon = tall * HORIZON
    _islands(pen, mood, seed, horizon)
    colours = [mood.tinted(rgb(code)) for code in WATERS[mood.hour]]
    if mood.weather != "clear":
        colours = [mix(colour, mood.haze(), 0.3) for colour in colours]
    if pen.art == "soft":
        pen.wash(0, horizon, wide, tall, colours)
    else:
        rng, count = stream(seed, "swell"), {"poster": 5, "paper": 4, "ink": 4}[pen.art]
        pen.flat(box(-0.1, horizon, wide + 0.1, tall), colours[0])
        for k in range(1, count):
            base = horizon + (tall - horizon) * (k / count) ** 1.25
            swell = wave(rng, mood, base, 0.004 + 0.003 * k, 2.2)
            colour = between(colours, k / (count - 1))
            if pen.art == "paper":
                pen.shape(polygon(down(mood, swell)), colour)
            else:
                pen.flat(polygon(down(mood, swell)), colour)
    if disc:
        _glitter(pen, mood, seed, disc, horizon)
    _ripples(pen, mood, seed, horizon)
    if pen.art == "ink":
        pen.stroke((0, horizon), (wide, horizon), (34, 28, 38), 0.006)


def _islands(pen: Pen, mood: Mood, seed: int, horizon: float) -> None:
    rng = stream(seed, "islands")
    for k in range(2):
        middle, half, high = mood.width * rng.uniform(0.05, 0.95), rng.uniform(0.14, 0.26), rng.uniform(0.04, 0.085)
        colour = mood.ground("5f7f9c" if k == 0 else "49708a", 0.62 - 0.24 * k)
        points = []
        for i in range(17):
            t = i / 16
            points.append(
                (
                    middle + half * (2 * t - 1),
                    horizon - high * math.sin(math.pi * t) ** 0.8 * (1 + 0.22 * math.sin(9 * t + k)),
                )
            )
        pen.shape(
            polygon([*points, (middle + half, horizon + 0.01), (middle - half, horizon + 0.01)]), colour, lift=0.6
        )


def _glitter(pen: Pen, mood: Mood, seed: int, disc: Disc, horizon: float) -> None:
    rng, reach = stream(seed, "glitter"), mood.height - horizon
    for i in range(13):
        t = i / 13
        y = horizon + 0.014 + t**1.3 * reach * 0.94
        half = disc.radius * (0.95 - 0.3 * t) * rng.uniform(0.45, 1.0)
        x = disc.x + rng.uniform(-0.22, 0.22) * disc.radius
        pen.flat(box(x - half, y, x + half, y + 0.007 + 0.006 * t, 0.005), disc.colour, 235 - 90 * t)


def _ripples(pen: Pen, mood: Mood, seed: int, horizon: float) -> None:
    rng = stream(seed, "ripples")
    for _ in range(18):
        t = rng.random() ** 0.7
        y, x, half = (
            horizon + 0.02 + t * (mood.height - horizon - 0.04),
            rng.random() * mood.width,
            rng.uniform(0.02, 0.05) * (0.6 + t),
        )
        colour = lighter(mood.tinted(rgb(WATERS[mood.hour][1])), 0.4)
        pen.stroke((x - half, y), (x + half, y), mix(colour, WHITE, 0.2), 0.0045 + 0.003 * t, 120)

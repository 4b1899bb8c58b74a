"""The upper half of a scene: the sky, stars, sun and moon, clouds, rain, snow and fog."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from house.world.colour import INK, WHITE, Colour, between, darker, lighter, mix, rgb
from house.world.fields import Attributes
from house.world.mood import Mood
from house.world.pen import Pen, blob, box, merged, oval, polygon
from house.world.streams import stream

BANDS = {"poster": 6, "paper": 4, "ink": 3}
SUNS = {"dawn": "fff0d2", "day": "ffe13d", "dusk": "ffc14d"}
MOON: Colour = (250, 244, 222)


@dataclass(frozen=True)
class Disc:
    """Where the sun or moon stands; water mirrors it."""

    x: float
    y: float
    radius: float
    colour: Colour


def side(seed: int) -> int:
    """Which half of the picture the sun is in (-1 or 1); balloons and trees take the other."""
    return stream(seed, "layout").choice([-1, 1])


def sky(pen: Pen, mood: Mood, seed: int, a: Attributes) -> Disc | None:
    """Everything above the land, far things first."""
    disc = _place_disc(mood, seed, a)
    _backdrop(pen, mood, seed, disc)
    if a["stars"] == "yes":
        _stars(pen, mood, seed)
    if a["weather"] in ("cloudy", "rain", "snow"):
        clouds(pen, mood, seed)
    if disc:  # in front of the clouds, or nobody could tell whether it is there
        _draw_disc(pen, mood, a["disc"], disc)
    return disc


def _backdrop(pen: Pen, mood: Mood, seed: int, disc: Disc | None) -> None:
    colours, wide, tall = mood.sky(), mood.width, mood.height
    if mood.art == "soft":
        pen.wash(0, 0, wide, tall * 0.75, colours)
        pen.flat(box(0, tall * 0.74, wide, tall), colours[2])
        return
    count, rng = BANDS[mood.art], stream(seed, "sky")
    pen.flat(box(0, 0, wide, tall), colours[0])
    bend, phase = rng.uniform(0.02, 0.05), rng.uniform(0, 6.3)
    for k in range(1, count):
        top, colour = tall * 0.66 * k / count, between(colours, k / (count - 1))
        if mood.art == "poster":
            pen.flat(box(0, top, wide, tall), colour)
            continue
        edge = [(wide * i / 12, top + bend * math.sin(phase + k * 1.7 + i * 0.6)) for i in range(13)]
        shape = polygon([*edge, (wide, tall), (0.0, tall)])
        if mood.art == "paper":
            pen.shape(shape, colour, lift=0.8)
        else:
            pen.flat(shape, colour)


def _place_disc(mood: Mood, seed: int, a: Attributes) -> Disc | None:
    kind, rng = a["disc"], stream(seed, "disc")
    if kind == "none":
        return None
    x = mood.width * (0.5 + side(seed) * rng.uniform(0.06, 0.3))
    low = kind == "sun" and mood.hour in ("dawn", "dusk")
    y = mood.height * (rng.uniform(0.27, 0.36) if low else rng.uniform(0.15, 0.25))
    if kind == "sun":
        return Disc(x, y, rng.uniform(0.095, 0.13), rgb(SUNS[mood.hour]))
    return Disc(x, y, rng.uniform(0.07, 0.09), MOON)


def _draw_disc(pen: Pen, mood: Mood, kind: str, disc: Disc) -> None:
    x, y, r = disc.x, disc.y, disc.radius
    if pen.art == "soft":
        pen.glow(x, y, r * 3, disc.colour, 150)
    elif pen.art == "poster":
        for grow, alpha in ((1.9, 34), (1.45, 52)):
            pen.dot(x, y, r * grow, disc.colour, alpha)
    if kind == "crescent":
        pen.shape(_crescent(x, y, r), disc.colour)
        return
    pen.shape(oval(x, y, r, r), disc.colour)
    if kind == "full moon":
        for dx, dy, size in ((-0.35, -0.3, 0.24), (0.3, 0.1, 0.3), (-0.2, 0.45, 0.17)):
            pen.dot(x + dx * r, y + dy * r, size * r, mix(disc.colour, rgb("8f94b5"), 0.42))
    elif pen.art == "ink":
        for k in range(12):
            turn = math.pi * k / 6
            inner, outer = r * 1.2, r * (1.5 if k % 2 else 1.38)
            a = (x + inner * math.cos(turn), y + inner * math.sin(turn))
            pen.stroke(a, (x + outer * math.cos(turn), y + outer * math.sin(turn)), INK, 0.007)


def _crescent(x: float, y: float, r: float) -> Any:
    """A disc without a smaller disc that lies to its upper right."""
    dx, dy, bite = 0.52, -0.24, 0.82
    apart, turn = math.hypot(dx, dy), math.atan2(dy, dx)
    outer = math.acos((apart**2 + 1 - bite**2) / (2 * apart))  # half the angle that the bite takes from the disc
    inner = math.pi - math.acos((apart**2 + bite**2 - 1) / (2 * apart * bite))
    rim = [turn + outer + (2 * math.pi - 2 * outer) * k / 40 for k in range(41)]
    edge = [turn + math.pi + (math.pi - inner) * (2 * k / 30 - 1) for k in range(31)]
    points = [(x + r * math.cos(a), y + r * math.sin(a)) for a in rim]
    points += [(x + r * (dx + bite * math.cos(a)), y + r * (dy + bite * math.sin(a))) for a in reversed(edge)]
    return polygon(points)


def _stars(pen: Pen, mood: Mood, seed: int) -> None:
    rng = stream(seed, "stars")
    for _ in range(rng.randint(34, 46)):
        x, y = rng.random() * mood.width, rng.random() ** 1.15 * 0.56 * mood.height
        pen.dot(x, y, rng.choice([0.0042, 0.005, 0.0062]), (255, 248, 225), rng.randint(190, 255))
    for _ in range(rng.randint(6, 9)):
        x, y, r = rng.random() * mood.width, rng.random() * 0.5 * mood.height, rng.uniform(0.016, 0.024)
        points = []
        for k in range(8):
            reach = r if k % 2 == 0 else r * 0.26
            points.append((x + reach * math.sin(math.pi * k / 4), y + reach * math.cos(math.pi * k / 4)))
        pen.flat(polygon(points), (255, 250, 230))


def clouds(pen: Pen, mood: Mood, seed: int) -> None:
    """A few heaped clouds with flat feet."""
    rng, top = stream(seed, "clouds"), mood.sky()[1]
    base = mix(top, WHITE, 0.55 if mood.weather != "rain" else 0.2) if not mood.dark else mix(top, mood.haze(), 0.45)
    if mood.weather == "rain":
        base = mix(base, rgb("4c5868"), 0.42)
    elif mood.dark:
        base = lighter(base, 0.14)
    for k in range(rng.randint(4, 5)):
        x = mood.width * ((k + rng.uniform(0.1, 0.9)) / 4.6)
        y, size = mood.height * rng.uniform(0.09, 0.36), rng.uniform(0.085, 0.13)
        bumps = [
            (x - size * 0.6, y - size * 0.42, size * 0.5),
            (x + size * 0.2, y - size * 0.62, size * 0.66),
            (x + size * 0.88, y - size * 0.34, size * 0.4),
        ]
        path = box(x - size * 1.5, y - size * 0.42, x + size * 1.5, y, size * 0.2)
        for cx, cy, radius in bumps:
            path.addCircle(cx, cy, radius)
        pen.shape(merged(path), mix(base, mood.haze(), 0.12 * (k % 3)), lift=1.2)


def fog(pen: Pen, mood: Mood, seed: int) -> None:
    """Banks of fog over the land, behind what stands in front."""
    rng, wide, tall = stream(seed, "fog"), mood.width, mood.height
    colour = lighter(mood.haze(), 0.3)
    for k in range(5):
        y = tall * (0.5 + 0.1 * k) + rng.uniform(-0.02, 0.02)
        x, long, thick = rng.uniform(-0.1, 0.5) * wide, rng.uniform(0.6, 1.0) * wide, rng.uniform(0.035, 0.055)
        pen.flat(box(x, y, x + long, y + thick, thick / 2), colour, 165)


def falling(pen: Pen, mood: Mood, seed: int) -> None:
    """Rain or snow, in front of everything."""
    rng, wide, tall = stream(seed, "weather"), mood.width, mood.height
    if mood.weather == "rain":
        colour = mix(mood.haze(), WHITE, 0.55)
        for _ in range(64):
            x, y, long = rng.random() * wide * 1.1, rng.random() * tall, rng.uniform(0.035, 0.06)
            pen.stroke((x, y), (x - long * 0.3, y + long), colour, 0.0052, 190)
    elif mood.weather == "snow":
        for _ in range(78):
            x, y = rng.random() * wide, rng.random() * tall
            pen.dot(x, y, rng.choice([0.005, 0.0065, 0.0085, 0.011]), WHITE, 235)


def birds(pen: Pen, mood: Mood, seed: int) -> None:
    """A loose flock."""
    rng = stream(seed, "birds")
    colour = rgb("f6efe2") if mood.hour == "night" or mood.hour == "dusk" else darker(mood.sky()[0], 0.75)
    x, y = mood.width * rng.uniform(0.3, 0.7), mood.height * rng.uniform(0.3, 0.4)
    for k in range(rng.randint(5, 7)):
        dx, dy, r = (
            0.055 * (k - 3) + rng.uniform(-0.02, 0.02),
            abs(k - 3) * 0.022 + rng.uniform(-0.02, 0.01),
            rng.uniform(0.02, 0.028),
        )
        bx, by = x + dx, y + dy
        wings = [
            (bx - r, by - r * 0.5),
            (bx - r * 0.4, by - r * 0.62),
            (bx, by),
            (bx + r * 0.4, by - r * 0.62),
            (bx + r, by - r * 0.5),
            (bx + r * 0.4, by - r * 0.28),
            (bx, by + r * 0.3),
            (bx - r * 0.4, by - r * 0.28),
        ]
        pen.flat(blob(wings), colour)
        pen.stroke((bx - r, by - r * 0.45), (bx, by + 0.04 * r), colour, 0.0055)
        pen.stroke((bx + r, by - r * 0.45), (bx, by + 0.04 * r), colour, 0.0055)

"""The lower half of a scene: mountains, hills, dunes, forest and city."""

from __future__ import annotations

import itertools
import math
import random

from house.world.colour import WHITE, Colour, darker, lighter, mix
from house.world.mood import Mood
from house.world.pen import OUTLINE, Pen, Point, box, oval, polygon
from house.world.streams import stream

LAMPLIGHT: Colour = (255, 214, 110)


def land(pen: Pen, mood: Mood, seed: int, kind: str) -> None:
    """One kind of land, far layers first."""
    {"mountains": _mountains, "hills": _hills, "dunes": _dunes, "forest": _forest, "city": _city}[kind](
        pen, mood, stream(seed, kind)
    )


def down(mood: Mood, line: list[Point]) -> list[Point]:
    """A line closed along the foot of the picture."""
    return [*line, (mood.width + 0.1, mood.height + 0.1), (-0.1, mood.height + 0.1)]


def wave(rng: random.Random, mood: Mood, base: float, height: float, pace: float = 1.0) -> list[Point]:
    """A soft line from left to right."""
    a, b, f, g = rng.uniform(0, 6.3), rng.uniform(0, 6.3), rng.uniform(3, 5.5) * pace, rng.uniform(6, 9) * pace
    xs = [-0.05 + (mood.width + 0.1) * i / 36 for i in range(37)]
    return [(x, base - height * (math.sin(f * x + a) + 0.35 * math.sin(g * x + b))) for x in xs]


def _mountains(pen: Pen, mood: Mood, rng: random.Random) -> None:
    tall = mood.height
    for k, (base, high, code) in enumerate([(0.57, 0.2, "7d93b5"), (0.68, 0.23, "4f6b93")]):
        far = 0.75 - 0.4 * k
        colour = mood.ground(code, far)
        x, peaks = -rng.uniform(0.1, 0.2), []
        while x < mood.width + 0.15:
            wide = rng.uniform(0.16, 0.25)
            peaks.append((x + wide * rng.uniform(0.42, 0.58), base * tall - high * rng.uniform(0.62, 1.12), wide))
            x += wide * rng.uniform(0.74, 1.0)
        line: list[Point] = [(-0.3, base * tall)]
        valleys = []
        for here, after in itertools.pairwise(peaks):
            valleys.append(((here[0] + after[0]) / 2, max(here[1], after[1]) + rng.uniform(0.45, 0.7) * high * 0.8))
        for i, (px, py, _) in enumerate(peaks):
            line.append((px, py))
            if i < len(valleys):
                line.append(valleys[i])
        line.append((mood.width + 0.3, base * tall))
        pen.shape(polygon(down(mood, line)), colour)
        for i, (px, py, _) in enumerate(peaks):
            left = valleys[i - 1] if i else (px - 0.14, py + high)
            right = valleys[i] if i < len(valleys) else (px + 0.14, py + high)
            _peak(pen, mood, (px, py), left, right, colour, far, rng)
    for base, code, far in ((0.74, "3d6a5c", 0.34), (0.86, "2c5148", 0.06)):
        pen.shape(polygon(down(mood, wave(rng, mood, base * tall, 0.028))), mood.ground(code, far))


def _peak(
    pen: Pen, mood: Mood, top: Point, left: Point, right: Point, colour: Colour, far: float, rng: random.Random
) -> None:
    """The shaded flank of a peak, and its snow."""
    x, y = top
    foot, low = max(left[1], right[1]), right
    bends = [
        (x + 0.012, y + (foot - y) * 0.3),
        (x - 0.016, y + (foot - y) * 0.55),
        (x + 0.018, y + (foot - y) * 0.8),
        (x - 0.004, foot + 0.02),
    ]
    pen.shade(polygon([top, low, (low[0], foot + 0.02), *bends[::-1]]), 0.24 * (1 - far * 0.6))
    t = rng.uniform(0.36, 0.46)
    a, b = (x + (left[0] - x) * t, y + (left[1] - y) * t), (x + (right[0] - x) * t, y + (right[1] - y) * t)
    steps = [
        (a[0] + (b[0] - a[0]) * s, max(a[1], b[1]) + d)
        for s, d in ((0.22, -0.02), (0.4, 0.014), (0.6, -0.016), (0.8, 0.012))
    ]
    shade, share = mood.shade
    snow = mix(mix(WHITE, shade, share * 0.62), mood.haze(), 0.12 + far * 0.25)
    pen.flat(polygon([top, a, *steps, b]), snow)
    pen.flat(polygon([top, bends[0], steps[2], steps[3], b]), mix(snow, darker(colour, 0.1), 0.34))


def _hills(pen: Pen, mood: Mood, rng: random.Random) -> None:
    tall = mood.height
    codes = ["a6c98a", "86ba66", "5d9e4b", "3d8243"]
    for k, code in enumerate(codes):
        depth = k / 3
        line = wave(rng, mood, tall * (0.58 + 0.115 * k), 0.036 + 0.012 * k, 0.85)
        colour = mood.ground(code, 0.85 * (1 - depth))
        shape = polygon(down(mood, line))
        pen.shape(shape, colour)
        if k in (1, 3):  # ploughed strips follow the hill
            with pen.inside(shape):
                for row in range(1, 6):
                    drop = 0.012 + 0.022 * row * (0.7 + 0.5 * depth) + 0.003 * row * row
                    a, b = line[0], line[-1]
                    strip = [(x, y + drop + 0.02 * (x - a[0]) / (b[0] - a[0])) for x, y in line]
                    lower = [(x, y + 0.009 + 0.003 * depth) for x, y in strip]
                    pen.flat(polygon([*strip, *lower[::-1]]), lighter(colour, 0.2) if row % 2 else darker(colour, 0.1))
        elif k == 2:
            for _ in range(rng.randint(4, 7)):
                x, y = line[rng.randint(2, 34)]
                for j in range(rng.randint(1, 3)):
                    bush = mood.ground("2f6b3f", 0.3)
                    pen.shape(oval(x + 0.024 * j, y - 0.008, 0.018, 0.02), bush, lift=0.4, line=0.005)


def _dunes(pen: Pen, mood: Mood, rng: random.Random) -> None:
    tall = mood.height
    for k, code in enumerate(["f0cd8e", "eaba6c", "dd9c4c"]):
        depth, base = k / 2, tall * (0.6 + 0.13 * k)
        colour = mood.ground(code, 0.7 * (1 - depth))
        xs = [-0.08 + (mood.width + 0.16) * i / 40 for i in range(41)]
        crest = mood.width * rng.uniform(0.22, 0.78)
        high, slope = rng.uniform(0.09, 0.13), rng.uniform(0.22, 0.3)
        line = []
        for x in xs:
            d = (x - crest) / slope
            bump = math.exp(-(d * d) * (0.55 if d < 0 else 1.5))
            line.append((x, base - high * bump + 0.012 * math.sin(5 * x + k)))
        shape = polygon(down(mood, line))
        pen.shape(shape, colour)
        top = min(line, key=lambda point: point[1])
        lee = [point for point in line if point[0] >= top[0]]
        bend = rng.uniform(0.06, 0.12)
        back = [
            (top[0] + bend * math.sin(math.pi * s / 10) - 0.16 * (s / 10) ** 2, top[1] + (tall - top[1]) * s / 10)
            for s in range(10, -1, -1)
        ]
        with pen.inside(shape):
            pen.shade(
                polygon([*lee, (mood.width + 0.1, tall + 0.1), *back]),
                0.2 if not mood.dark else 0.3,
                (96, 34, 20) if not mood.dark else (16, 8, 40),
            )
            for row in range(3):
                ripple = [
                    (x, y + 0.05 + 0.035 * row + 0.004 * math.sin(22 * x + row))
                    for x, y in line
                    if x < top[0] - 0.03 * row
                ]
                for a, b in itertools.pairwise(ripple):
                    pen.stroke(a, b, lighter(colour, 0.26), 0.0045, 150)


def firs(pen: Pen, rng: random.Random, line: list[Point], size: float, colour: Colour, outline: float) -> None:
    """A row of fir trees along a line, as one silhouette with single trees in front."""
    x = -0.03
    while x < line[-1][0]:
        y = line[min(len(line) - 1, max(0, round((x - line[0][0]) / (line[-1][0] - line[0][0]) * (len(line) - 1))))][1]
        fir(
            pen,
            x,
            y + 0.012,
            size * rng.uniform(0.72, 1.25),
            mix(colour, WHITE, rng.uniform(0, 0.07)),
            size * rng.uniform(0.19, 0.25),
            outline,
        )
        x += size * rng.uniform(0.3, 0.5)


def fir(pen: Pen, x: float, y: float, tall: float, colour: Colour, half: float, outline: float = OUTLINE) -> None:
    top = y - tall
    points = [(x, top)]
    for k, reach in enumerate((0.55, 0.78, 1.0)):
        low = top + tall * (0.36 + 0.3 * k)
        points.append((x + half * reach, low))
        points.append((x + half * reach * 0.45, low - tall * 0.03))
    mirror = [(2 * x - px, py) for px, py in points[:0:-1]]
    shape = polygon([*points, *mirror])
    pen.shape(shape, colour, lift=0.5, line=outline)
    if pen.art != "ink":
        pen.flat(polygon([(x, top), *points[1:-1], (x + half * 0.1, points[-2][1])]), darker(colour, 0.4), 70)


def _forest(pen: Pen, mood: Mood, rng: random.Random) -> None:
    for k, code in enumerate(["5f9a86", "3f7f69", "23604d", "123f35"]):
        depth = k / 3
        colour = mood.ground(code, 0.8 * (1 - depth))
        line = wave(rng, mood, mood.height * (0.6 + 0.12 * k), 0.02)
        pen.shape(polygon(down(mood, line)), colour, lift=0, line=0)
        firs(pen, rng, line, 0.13 + 0.13 * depth, colour, OUTLINE if k > 1 else 0)


def _city(pen: Pen, mood: Mood, rng: random.Random) -> None:
    lit = mood.hour in ("dusk", "night") or mood.weather == "rain"
    for k, codes in enumerate([["9fb0c8"], ["7f8fb0", "8a83a8"], ["4b5c83", "6a4f6e", "3f6b7c"]]):
        x, depth = -rng.uniform(0.02, 0.08), k / 2
        while x < mood.width:
            wide = rng.uniform(0.085, 0.15)
            top = mood.height * (0.84 - rng.uniform(0.2, 0.46) * (1.0 - 0.34 * depth) + 0.02 * k)
            colour = mood.ground(rng.choice(codes), 0.8 * (1 - depth))
            _tower(pen, mood, rng, (x, top, x + wide, mood.height + 0.05), colour, k, lit)
            x += wide * rng.uniform(0.92, 1.2)
    street = mood.ground("3a4258")
    pen.shape(box(-0.1, mood.height * 0.93, mood.width + 0.1, mood.height + 0.1), street)
    pen.flat(box(-0.1, mood.height * 0.96, mood.width + 0.1, mood.height * 0.968), lighter(street, 0.4))


def _tower(
    pen: Pen,
    mood: Mood,
    rng: random.Random,
    place: tuple[float, float, float, float],
    colour: Colour,
    layer: int,
    lit: bool,
) -> None:
    left, top, right, foot = place
    middle, roof = (left + right) / 2, rng.choice(["flat", "step", "slope", "gable", "spire", "dome"])
    points = {
        "flat": [(left, top), (right, top)],
        "step": [
            (left, top),
            (left, top - 0.0),
            (left + 0.025, top),
            (left + 0.025, top - 0.04),
            (right - 0.025, top - 0.04),
            (right - 0.025, top),
            (right, top),
        ],
        "slope": [(left, top), (right, top - 0.05)],
        "gable": [(left, top), (middle, top - 0.06), (right, top)],
        "spire": [
            (left, top),
            (middle - 0.02, top - 0.02),
            (middle, top - 0.12),
            (middle + 0.02, top - 0.02),
            (right, top),
        ],
        "dome": [
            (left, top),
            *(
                (middle - (right - left) / 2 * math.cos(math.pi * i / 8), top - 0.05 * math.sin(math.pi * i / 8))
                for i in range(9)
            ),
            (right, top),
        ],
    }[roof]
    pen.shape(polygon([*points, (right, foot), (left, foot)]), colour, lift=0.8, line=0.006 if layer else 0)
    pen.flat(box(right - (right - left) * 0.28, top, right, foot), darker(colour, 0.5), 44)
    if layer == 0:
        return
    columns, size = 3, (right - left) / 3
    for row in range(11):
        y = top + 0.024 + 0.036 * row
        for column in range(columns):
            shines = rng.random() < 0.62
            x = left + size * (column + 0.28)
            pane = LAMPLIGHT if lit and shines else lighter(colour, 0.3) if shines else darker(colour, 0.28)
            if y < mood.height * 0.91:
                pen.flat(box(x, y, x + size * 0.46, y + 0.019), pane)

"""Lines to paint along: smooth outlines and the profiles of hills, peaks and dunes."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Line = npt.NDArray[np.float64]
Points = Line | Sequence[tuple[float, float]]


def smooth(points: Points, *, closed: bool = True, pieces: int = 8) -> Line:
    """A Catmull-Rom curve through the points."""
    knots = np.asarray(points, float)
    if closed:
        before, after, further = np.roll(knots, 1, 0), np.roll(knots, -1, 0), np.roll(knots, -2, 0)
        start = knots
    else:
        padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
        before, start, after, further = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, pieces, endpoint=False)[None, :, None]
    p0, p1, p2, p3 = (part[:, None, :] for part in (before, start, after, further))
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    flat: Line = curve.reshape(-1, 2)
    return flat if closed else np.vstack([flat, knots[-1]])


def arc(x: float, y: float, radius: float, start: float, end: float, tall: float = 1.0) -> Line:
    """Points along a part of an ellipse, by angles in degrees, anticlockwise with y up."""
    turn = np.radians(np.linspace(start, end, 28))
    return np.stack([x + radius * np.cos(turn), y + radius * tall * np.sin(turn)], 1)


def ripple(rng: random.Random, count: int, waves: float, octaves: int = 4, rough: float = 0.5) -> Line:
    """Smooth noise of `count` samples between about -1 and 1, with `waves` swings in its first octave."""
    total = np.zeros(count)
    weight, sum_of_weights = 1.0, 0.0
    for _ in range(octaves):
        knots = max(2, int(waves) + 3)
        values = np.array([rng.uniform(-1, 1) for _ in range(knots)])
        spot = np.linspace(0, waves, count) + rng.random()
        index = np.minimum(spot.astype(int), knots - 2)
        part = spot - index
        part = part * part * (3 - 2 * part)
        total += weight * (values[index] * (1 - part) + values[index + 1] * part)
        sum_of_weights += weight
        weight *= rough
        waves *= 2.1
    result: Line = total / sum_of_weights * 1.5
    return result


def peaks(rng: random.Random, count: int, wide: float, number: int, jag: float = 0.075) -> tuple[Line, list[float]]:
    """A jagged skyline between 0 and 1, and where along it (0 to 1) its summits stand."""
    x = np.linspace(0, wide, count)
    order = list(range(number))
    rng.shuffle(order)
    profile = np.zeros(count)
    tops: list[tuple[float, float]] = []
    for rank, slot in enumerate(order):
        centre = (slot + 0.5 + rng.uniform(-0.3, 0.3)) / number * wide
        height = (1.0, 0.78, 0.62, 0.5)[min(rank, 3)] * rng.uniform(0.88, 1.04)
        left, right = rng.uniform(1.1, 1.8), rng.uniform(1.1, 1.8)
        slope = np.where(x < centre, left, right)
        profile = np.maximum(profile, height - slope * np.abs(x - centre) ** (0.92 if jag else 1.0))
        tops.append((centre / wide, height))
    rough = ripple(rng, count, wide * 7, 5, 0.55)
    profile = np.maximum(profile + rough * jag * (0.35 + profile), 0.03 + 0.02 * rough)
    return profile, [place for place, _ in tops]


def dune_line(rng: random.Random, count: int) -> Line:
    """A dune crest between about -1 and 1: long backs with slipping faces."""
    x = np.linspace(0, 1, count)
    start, waves = rng.random(), rng.uniform(0.9, 1.7)
    phase = (x * waves + start) % 1.0
    lean = rng.uniform(0.58, 0.7)
    rise = np.where(
        phase < lean, np.sin(phase / lean * np.pi / 2) ** 1.7, np.cos((phase - lean) / (1 - lean) * np.pi / 2)
    )
    result: Line = rise * 1.4 - 0.7 + 0.16 * ripple(rng, count, 2, 2)
    return result

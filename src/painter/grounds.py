"""The skylines of the land, from the farthest ridge to the nearest bank."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

from .chance import dice_for
from .curves import Line, dune_line, peaks, ripple
from .elements import STANDING
from .scene import Ground, Scene

Adder = Callable[[str, str, float, float, float, float], None]
SAMPLES = 420


def _rolling(dice: random.Random, count: int, waves: float) -> Line:
    return ripple(dice, count, waves, 3, 0.3)


def lay_out(scene: Scene, width: int, height: int, seed: int) -> tuple[Ground, ...]:
    """All layers of land in this scene; those above the water line come first."""
    unit = (width * height) ** 0.5
    wide = width / unit
    horizon = scene.horizon * height
    layers: list[Ground] = []

    def add(name: str, kind: str, depth: float, base: float, tall: float, foot: float) -> None:
        dice = dice_for(f"{seed}:ground:{name}:{kind}")
        tops: tuple[float, ...] = ()
        if kind == "mountain":
            number = dice.randint(2, 3) + (1 if wide > 1.15 else 0)
            profile, places = peaks(dice, SAMPLES, wide, number, 0.0 if scene.manner.angular else 0.075)
            line, tops = base - profile * tall, tuple(places)
        elif kind == "volcano":
            line, tops = base - _volcano(dice, wide) * tall, ()
        elif kind == "dune":
            line = base - dune_line(dice, SAMPLES) * tall * 0.62
        elif kind == "mesa":
            line = base - _mesa(dice, wide) * tall
        elif kind == "shore":
            line = base - _shore(dice, _side(scene)) * tall
        elif kind == "islet":
            line = base - _islets(dice, scene) * tall
        elif kind == "island":
            line = base - _island(dice) * tall
        else:
            waves = wide * (2.2 if kind == "hill" else 3.0)
            line = base - _rolling(dice, SAMPLES, waves) * tall * 0.5
        if scene.manner.angular and kind in {"hill", "forest", "meadow"}:
            spot = np.linspace(0, wide * dice.uniform(1.6, 2.4), SAMPLES) + dice.random()
            line = base - np.abs(np.sin(spot * np.pi / 1.4)) * tall
        layers.append(Ground(name, kind, depth, line, foot, tops))

    _plan(scene, add, height, unit, horizon, seed)
    return tuple(layers)


def _plan(scene: Scene, add: Adder, height: int, unit: float, horizon: float, seed: int) -> None:
    kinds = scene.wish.kinds
    if scene.water in {"sea", "lake"}:
        tall = unit * 0.1
        if scene.ground in {"mountain", "volcano"}:
            add("range", "mountain", 0.3, horizon, min(horizon * 0.62, unit * 0.4), horizon)
            if scene.ground == "volcano":
                add("cone", "volcano", 0.4, horizon, min(horizon * 0.6, unit * 0.36), horizon)
            add("nearer range", "hill", 0.56, horizon - unit * 0.025, unit * 0.09, horizon)
        elif scene.ground == "city":
            add("quay", "hill", 0.5, horizon - unit * 0.004, unit * 0.006, horizon)
        elif scene.ground in {"dune", "mesa"}:
            add("far", scene.ground, 0.35, horizon - unit * 0.02, tall, horizon)
        elif scene.ground in {"hill", "forest"} or scene.water == "lake":
            add("far", "hill", 0.22, horizon - unit * 0.05, unit * 0.13, horizon)
            add(
                "middle",
                "forest" if scene.ground == "forest" or scene.water == "lake" else "hill",
                0.5,
                horizon - unit * 0.024,
                unit * 0.05,
                horizon,
            )
        elif "island" not in kinds:
            _open_water(add, seed, horizon, unit)
        if "island" in kinds:
            add("islet", "islet", 0.62, horizon + unit * 0.004, unit * 0.11, horizon + unit * 0.004)
        if scene.ground == "beach" or "beach" in kinds:
            add("shore", "sand", 1.0, height * 0.93, unit * 0.03, height)
        elif needs_shore(scene):
            add("shore", "shore", 0.94, height * 1.0, min(height * 0.3, unit * 0.3), height)
        return
    if scene.ground == "city":
        return
    first = {"mountain": "mountain", "volcano": "mountain", "dune": "dune", "mesa": "mesa"}.get(scene.ground, "hill")
    if scene.ground in {"mountain", "volcano"}:
        add("far range", "mountain", 0.14, horizon + unit * 0.03, min(horizon * 0.5, unit * 0.34), height)
        add(
            "range",
            "volcano" if scene.ground == "volcano" else "mountain",
            0.36,
            horizon + unit * 0.1,
            min(horizon * 0.7, unit * 0.46),
            height,
        )
        second = "forest"
    else:
        tall = unit * (0.15 if first != "mesa" else 0.26)
        add("far", first, 0.12, horizon, tall, height)
        if not scene.manner.sparse:
            add("far middle", first, 0.34, horizon + (height - horizon) * 0.2, unit * 0.12, height)
        second = {"dune": "dune", "mesa": "dune", "forest": "forest", "city": "hill"}.get(scene.ground, "hill")
    room = height - horizon
    add("middle", second, 0.58, horizon + room * (0.36 if not wide_open(scene) else 0.26), unit * 0.1, height)
    if wide_open(scene):
        add(
            "near",
            "meadow" if scene.ground == "meadow" else first if first == "dune" else "hill",
            1.0,
            horizon + room * 0.5,
            unit * 0.07,
            height,
        )
        return
    add("near middle", second, 0.79, horizon + room * 0.6, unit * 0.1, height)
    last = "meadow" if scene.ground == "meadow" else "dune" if first in {"dune", "mesa"} else second
    add("near", last, 1.0, horizon + room * (0.84 if last != "meadow" else 0.74), unit * 0.085, height)


def _open_water(add: Adder, seed: int, horizon: float, unit: float) -> None:
    """What lies behind an open sea: islands, a range far off, a cape, or nothing at all."""
    view = dice_for(f"{seed}:view").choice(("isles", "isles", "range", "cape", "hills", "bare"))
    if view == "range":
        add("far range", "mountain", 0.2, horizon, unit * 0.2, horizon)
        add("far", "island", 0.42, horizon, unit * 0.05, horizon)
    elif view == "cape":
        add("far", "island", 0.2, horizon, unit * 0.06, horizon)
        add("cape", "island", 0.5, horizon, unit * 0.17, horizon)
    elif view == "hills":
        add("far", "hill", 0.2, horizon - unit * 0.03, unit * 0.09, horizon)
        add("middle", "forest", 0.46, horizon - unit * 0.008, unit * 0.03, horizon)
    elif view == "isles":
        add("far", "island", 0.28, horizon, unit * 0.08, horizon)
        add("cape", "island", 0.46, horizon, unit * 0.05, horizon)


def wide_open(scene: Scene) -> bool:
    """Whether the nearest ground has something to show all over."""
    return scene.thing("flower", "sunflower", "lavender_field", "river", "road") is not None


def needs_shore(scene: Scene) -> bool:
    """Whether things stand about that want firm ground before the water."""
    return any(thing.kind in STANDING or thing.kind == "road" for thing in scene.things)


def _volcano(dice: random.Random, wide: float) -> Line:
    x = np.linspace(0, wide, SAMPLES)
    centre = wide * dice.choice((0.38, 0.6))
    far = np.abs(x - centre)
    cone = 0.08 / (far + 0.075) * 1.1 - 0.06
    result: Line = np.minimum(cone, 0.93 + 0.03 * ripple(dice, SAMPLES, 30, 2)) + 0.012 * ripple(dice, SAMPLES, 24, 3)
    return np.maximum(result, 0.02)


def _mesa(dice: random.Random, wide: float) -> Line:
    x = np.linspace(0, wide, SAMPLES)
    line = np.zeros(SAMPLES)
    for place in (0.2, 0.52, 0.8):
        centre, half = wide * (place + dice.uniform(-0.08, 0.08)), dice.uniform(0.04, 0.13)
        tall = dice.uniform(0.45, 1.0)
        wall = np.clip((half - np.abs(x - centre)) / 0.018 + 0.5, 0, 1)
        skirt = np.clip(1 - (np.abs(x - centre) - half) / 0.11, 0, 1) * 0.36
        line = np.maximum(line, np.maximum(wall, skirt) * tall)
    result: Line = line + 0.02 * ripple(dice, SAMPLES, 22, 3) + 0.04
    return result


def _side(scene: Scene) -> float | None:
    """Where the first thing on firm ground was asked to stand."""
    return next((thing.place for thing in scene.things if thing.kind in STANDING and thing.place is not None), None)


def _shore(dice: random.Random, place: float | None) -> Line:
    x = np.linspace(0, 1, SAMPLES)
    left = dice.random() < 0.5
    if left if place is None else place < 0.5:
        x = x[::-1]
    rise = 1 / (1 + np.exp(-(x - 0.58) * 11))
    result: Line = 0.12 + 0.88 * rise + 0.03 * ripple(dice, SAMPLES, 5, 3) - 0.12 * (x < 0)
    return result


def _islets(dice: random.Random, scene: Scene) -> Line:
    """One island or several, each a hump in the open sea."""
    thing = scene.thing("island")
    number = 1 if thing is None else min(6, thing.count or (3 if thing.plural else 1))
    x, line = np.linspace(0, 1, SAMPLES), np.zeros(SAMPLES)
    for k in range(number):
        centre = dice.choice((0.32, 0.66)) if number == 1 else (k + 0.5) / number + dice.uniform(-0.06, 0.06)
        if thing is not None and thing.place is not None and k == 0:
            centre = thing.place
        half = dice.uniform(0.16, 0.22) if number == 1 else dice.uniform(0.07, 0.13)
        hump = np.clip(1 - ((x - centre) / half) ** 2, 0, 1) ** 0.8 * dice.uniform(0.7, 1.0)
        line = np.maximum(line, hump * (thing.size if thing is not None else 1))
    rough: Line = line * (1 + 0.22 * ripple(dice, SAMPLES, 9, 4))
    return rough


def _island(dice: random.Random) -> Line:
    x = np.linspace(0, 1, SAMPLES)
    side = dice.random() < 0.5
    slope = np.clip((x if side else 1 - x) * dice.uniform(1.5, 2.1) - dice.uniform(0.2, 0.6), -0.2, 1)
    result: Line = slope * (0.75 + 0.25 * ripple(dice, SAMPLES, 3, 3)) + 0.03 * ripple(dice, SAMPLES, 16, 2)
    return np.maximum(result, -0.05)

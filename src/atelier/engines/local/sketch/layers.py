"""The order of the strokes: far before near."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from . import finish, land, lights, placing, sky, water, weather
from .easel import Easel
from .scene import Ground

Stroke = Callable[[], None]


def plan(easel: Easel) -> list[Stroke]:
    """All strokes of this picture, from the sky to the grain."""
    strokes = [*_sky(easel), *_land(easel), *_near_air(easel)]
    return [*strokes, partial(finish.press, easel)]


def _sky(easel: Easel) -> list[Stroke]:
    scene = easel.scene
    strokes: list[Stroke] = [partial(sky.air, easel)]
    for kind, whole in (("galaxy", sky.galaxy), ("aurora", sky.aurora), ("stars", sky.stars)):
        if scene.thing(kind):
            strokes.append(partial(whole, easel))
    for kind, one in (
        ("planet", lights.planet), ("sun", lights.sun), ("moon", lights.moon), ("crescent", lights.moon), ("comet", lights.comet),
    ):  # fmt: skip
        thing = scene.thing(kind)
        if thing is not None:
            strokes.append(partial(one, easel, thing))
    for kind, whole in (("rainbow", sky.rainbow), ("cloud", sky.clouds), ("lightning", lights.lightning)):
        if scene.thing(kind):
            strokes.append(partial(whole, easel))
    return strokes


def _land(easel: Easel) -> list[Stroke]:
    scene, line = easel.scene, easel.water_line
    strokes: list[Stroke] = []
    wet = scene.water is not None
    behind = [layer for layer in easel.grounds if wet and layer.foot <= line + 1]
    before = [layer for layer in easel.grounds if layer not in behind]
    for layer in behind:
        strokes.append(partial(land.ground, easel, layer))
    if wet:
        strokes.append(partial(water.surface, easel))
        if scene.thing("sun", "moon", "crescent"):
            strokes.append(partial(water.glitter, easel))
        for thing in scene.things:
            element = placing.ELEMENTS.get(thing.kind)
            if element is not None and element.where.endswith("float"):
                strokes += placing.strokes(easel, thing, before[0] if before else None)
    for index, layer in enumerate(before):
        strokes.append(partial(land.ground, easel, layer))
        for thing in scene.things:
            if _stands_on(easel, thing.kind, index, before):
                strokes += placing.strokes(easel, thing, layer)
    return strokes


def _stands_on(easel: Easel, kind: str, index: int, grounds: list[Ground]) -> bool:
    element = placing.ELEMENTS.get(kind)
    if element is None or element.where not in {"near", "middle"}:
        return False
    wanted = len(grounds) - 1 if element.where == "near" else max(0, len(grounds) - 2)
    return index == wanted


def _near_air(easel: Easel) -> list[Stroke]:
    scene = easel.scene
    strokes: list[Stroke] = []
    for thing in scene.things:
        element = placing.ELEMENTS.get(thing.kind)
        if element is not None and element.where in {"sky", "flock"}:
            strokes += placing.strokes(easel, thing)
    if scene.weather & {"rain", "storm"}:
        strokes.append(partial(weather.rain, easel))
    if "snow" in scene.weather:
        strokes.append(partial(weather.snow, easel))
    return strokes

"""The order of the strokes: far before near."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from . import (
    abstract,
    bridges,
    city,
    clouds,
    dunes,
    fields,
    finish,
    frames,
    heavens,
    interior,
    land,
    lights,
    placing,
    portrait,
    routes,
    sill,
    sky,
    slopes,
    sprays,
    still,
    trains,
    water,
    weather,
)
from .easel import Easel
from .scene import Ground

Stroke = Callable[[], None]


def plan(easel: Easel) -> list[Stroke]:
    """All strokes of this picture, from the sky to the grain."""
    kind = easel.scene.kind
    strokes: list[Stroke]
    if kind == "abstract":
        strokes = [partial(abstract.compose, easel)]
    elif kind == "portrait":
        strokes = [partial(part, easel.indoors()) for part in (portrait.backdrop, sprays.leaves, portrait.bust)]
    elif kind == "still":
        strokes = [partial(still.table, easel.indoors()), partial(still.still, easel.indoors())]
    elif kind == "sill":
        room = easel.indoors()
        inside = [partial(interior.window, room), partial(sill.sitters, room)]
        strokes = [*_sky(easel), *_land(easel), *_near_air(easel), *inside]
    else:
        strokes = [*_sky(easel), *_land(easel), *_near_air(easel)]
    return [*strokes, partial(finish.press, easel)]


def _sky(easel: Easel) -> list[Stroke]:
    scene = easel.scene
    strokes: list[Stroke] = [partial(sky.air, easel)]
    for kind, whole in (("galaxy", sky.galaxy), ("aurora", sky.aurora), ("stars", sky.stars)):
        if scene.thing(kind):
            strokes.append(partial(whole, easel))
    for kind, one in (
        ("planet", heavens.planet),
        ("sun", lights.sun),
        ("moon", lights.moon),
        ("crescent", lights.moon),
        ("comet", heavens.comet),
    ):
        thing = scene.thing(kind)
        if thing is not None:
            strokes.append(partial(one, easel, thing))
    for kind, whole in (("rainbow", sky.rainbow), ("cloud", clouds.clouds), ("lightning", heavens.lightning)):
        if scene.thing(kind):
            strokes.append(partial(whole, easel))
    return strokes


def _land(easel: Easel) -> list[Stroke]:
    scene, line = easel.scene, easel.water_line
    wet = scene.water is not None
    behind = [layer for layer in easel.grounds if wet and layer.foot <= line + 1]
    before = [layer for layer in easel.grounds if layer not in behind]
    strokes: list[Stroke] = []
    for layer in behind:
        strokes.append(partial(land.ground, easel, layer))
        if layer.kind == "volcano":
            strokes += _fire(easel, layer)
        if layer.name == "range" and scene.thing("waterfall"):
            strokes.append(partial(routes.waterfall, easel, layer))
    if scene.ground == "city":
        strokes += _towers(easel, wet=wet)
    if wet:
        strokes += _water(easel, before)
    for index, layer in enumerate(before):
        strokes.append(partial(land.ground, easel, layer))
        strokes += _cover(easel, layer, index, before)
        for thing in scene.things:
            if _stands_on(thing.kind, index, before) and scene.kind == "landscape":
                strokes += placing.strokes(easel, thing, layer)
    return strokes


def _towers(easel: Easel, *, wet: bool) -> list[Stroke]:
    sheet, line = easel.sheet, easel.water_line
    strokes: list[Stroke] = [partial(city.glow, easel, line)]
    rows = (
        ((0.2, 0.3, 0.0), (0.5, 0.26, 0.0), (0.8, 0.16, 0.0))
        if wet
        else ((0.18, 0.34, 0.0), (0.42, 0.36, 0.3), (0.7, 0.42, 0.75), (1.0, 0.42, 1.35))
    )
    for rank, (depth, tall, down) in enumerate(rows):
        base = line if wet else min(sheet.height + sheet.unit * 0.12, line + (sheet.height - line) * down)
        strokes.append(
            partial(city.row, easel, str(rank), base, min(sheet.unit * tall * (1 if wet else 1.0), line * 0.72), depth)
        )
        if not wet and rank < 3:
            strokes.append(partial(weather.mist, easel, base, 0.5, f"city{rank}"))
    if wet and easel.scene.dark:
        strokes.append(partial(city.lamps, easel, line))
    return strokes


def _water(easel: Easel, before: list[Ground]) -> list[Stroke]:
    scene = easel.scene
    strokes: list[Stroke] = []
    strokes.append(partial(water.surface, easel))
    if scene.thing("sun", "moon", "crescent"):
        strokes.append(partial(water.glitter, easel))
    if "fog" in scene.weather or scene.hour == "dawn":
        strokes.append(
            partial(weather.mist, easel, easel.water_line, 0.75 if "fog" in scene.weather else 0.35, "water")
        )
    if scene.kind != "landscape":
        return strokes
    bridge = scene.thing("bridge")
    if bridge is not None:
        strokes.append(partial(bridges.bridge, easel, bridge))
    for thing in scene.things:
        element = placing.ELEMENTS.get(thing.kind)
        if element is not None and element.where.endswith("float"):
            strokes += placing.strokes(easel, thing, before[0] if before else None)
    return strokes


def _cover(easel: Easel, layer: Ground, index: int, before: list[Ground]) -> list[Stroke]:
    """What lies on a ground: furrows, rivers, roads, flowers, mist."""
    scene = easel.scene
    strokes: list[Stroke] = []
    last = index == len(before) - 1
    meadow = scene.thing("flower", "sunflower")
    if layer.kind in {"hill", "meadow"} and not scene.manner.sparse and not scene.manner.flat and not (last and meadow):
        strokes.append(partial(fields.furrows, easel, layer))
    if layer.kind == "mountain" and layer.name == "range" and scene.thing("waterfall"):
        strokes.append(partial(routes.waterfall, easel, layer))
    if layer.kind == "volcano":
        strokes += _fire(easel, layer)
    train = scene.thing("train")
    if train is not None and index == max(0, len(before) - 2):
        strokes.append(partial(trains.train, easel, train, layer))
    if last:
        if scene.thing("river"):
            strokes.append(partial(routes.river, easel, layer))
        if scene.thing("road"):
            strokes.append(partial(routes.road, easel, layer))
        if scene.thing("lavender_field"):
            strokes.append(partial(fields.lavender, easel, layer))
        if layer.kind in {"meadow", "hill", "shore"} and not scene.manner.sparse and scene.season != "snow":
            strokes.append(partial(fields.grass, easel, layer))
        for thing in scene.things:
            if thing.kind in {"flower", "sunflower"}:
                strokes.append(partial(fields.bloom, easel, thing, layer))
        if layer.kind == "dune" and not scene.manner.flat:
            strokes.append(partial(dunes.sand_ripples, easel, layer, land.soil(easel, layer)))
    elif "fog" in scene.weather:
        strokes.append(
            partial(weather.mist, easel, float(layer.skyline.mean()) + easel.sheet.unit * 0.1, 0.6, layer.name)
        )
    return strokes


def _fire(easel: Easel, layer: Ground) -> list[Stroke]:
    """Lava where it was asked for, or where the night would show it."""
    thing = easel.scene.thing("volcano")
    burning = thing is not None and (thing.word in {"lava", "eruption", "volcanic"} or easel.scene.dark)
    return [partial(slopes.lava, easel, layer)] if burning else []


def _stands_on(kind: str, index: int, grounds: list[Ground]) -> bool:
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
    if frames.wanted(easel):
        strokes.append(partial(frames.trees, easel))
    if scene.weather & {"rain", "storm"}:
        strokes.append(partial(weather.rain, easel))
    if "snow" in scene.weather:
        strokes.append(partial(weather.snow, easel))
    return strokes

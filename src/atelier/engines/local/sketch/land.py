"""Ground: ridges that fade into the air, snow on peaks, the two sides of dunes."""

from __future__ import annotations

import random

import numpy as np

from .colour import Lab, lab, lighter, mix
from .curves import Line, ripple
from .easel import Easel
from .scene import Ground
from .sheet import Mask, Pen
from .trees import treeline

SOIL: dict[str, tuple[str, ...]] = {
    "mountain": ("6c7f99", "7a7f9c", "5f7f8c"), "volcano": ("64607c", "7a5f66", "566a80"),
    "hill": ("6fa363", "86a65a", "5c9a72"), "forest": ("3f7d5a", "4b7f52", "2f7263"),
    "meadow": ("6ea24e", "8aa94c", "58985a"), "dune": ("e2a862", "dd9a58", "e6b478"),
    "mesa": ("c8703f", "b9653f", "cf7d52"), "shore": ("6c8a58", "7d8a5c", "5b7f66"),
    "island": ("5f8377", "6f8471", "567a86"), "sand": ("f0d9a8", "ecd2a0", "f2dcb4"),
}  # fmt: skip
SEASON: dict[str, dict[str, str]] = {
    "autumn": {"hill": "c98a3c", "forest": "b3622f", "meadow": "cf9a45", "shore": "a87d45", "island": "8f7a52"},
    "spring": {"hill": "8fc46b", "forest": "6fae74", "meadow": "93cb62", "shore": "8db76b"},
    "snow": {"hill": "e4ecf2", "forest": "d5e1ea", "meadow": "eef2f4", "shore": "e8eef2", "island": "d3dee8", "sand": "eee9e0"},
}  # fmt: skip
BOUND = {
    "mountain": "mountain",
    "hill": "hill",
    "dune": "dune",
    "sand": "beach",
    "meadow": "meadow",
    "forest": "forest",
}


def soil(easel: Easel, ground: Ground) -> Lab:
    """The colour of a ground at its crest, here and now."""
    scene = easel.scene
    code = SEASON.get(scene.season, {}).get(ground.kind) or easel.random(f"soil:{ground.kind}").choice(
        SOIL[ground.kind]
    )
    thing = scene.thing(BOUND.get(ground.kind, ground.kind))
    own, bound = easel.own(thing, code)
    return easel.palette.lit(own, ground.depth, own=True) if bound else easel.palette.land(own, ground.depth)


def ground(easel: Easel, layer: Ground) -> None:
    """One layer of land with its trees, its light side and the mist at its foot."""
    sheet, scene = easel.sheet, easel.scene
    xs = np.linspace(0, sheet.width, len(layer.skyline))
    line = np.stack([xs, layer.skyline], 1)
    foot = min(layer.foot, sheet.height)
    outline = np.vstack([[(-2.0, line[0, 1])], line, [(sheet.width + 2.0, line[-1, 1])],
                         [(sheet.width + 2.0, foot), (-2.0, foot)]])  # fmt: skip
    trees = treeline(easel, layer)
    top = (
        min(float(layer.skyline.min()), *(float(tree[:, 1].min()) for tree in trees))
        if trees
        else float(layer.skyline.min())
    )

    def draw(pen: Pen) -> None:
        pen.polygon(outline)
        for tree in trees:
            pen.polygon(tree)

    mask = sheet.stencil((0, top, sheet.width, foot), draw)
    if mask is None:
        return
    crest = soil(easel, layer)
    if scene.manner.shadows:
        sheet.shade(mask, -sheet.unit * 0.006, sheet.unit * 0.012, lighter(easel.palette.shade, -0.06), 0.42)
    sheet.lay(mask, sheet.ramp(mask.size, _fall(easel, layer, crest, mask.size[1])))
    if layer.kind in {"mountain", "volcano"}:
        _slopes(easel, layer, mask, line, crest, foot)
    elif layer.kind == "dune" and layer.depth < 1.1:
        _slip_face(easel, layer, mask, line, crest)
    if scene.manner.outlines:
        width = max(0.7, sheet.unit * 0.0021 * (0.5 + 0.5 * layer.depth))
        ink = mix(easel.ink, easel.palette.haze, 0.6 * (1 - layer.depth))
        sheet.lay(sheet.stencil((0, top - 3, sheet.width, foot), lambda pen: pen.stroke(line, width)), ink, 0.9)


def _fall(easel: Easel, layer: Ground, crest: Lab, tall: int) -> list[Lab]:
    """The gradient from a crest down into mist, or into shade where the land is near."""
    if easel.scene.manner.flat:
        return [crest, crest]
    if layer.kind == "sand":
        return [lighter(crest, -0.03), crest, lighter(crest, 0.02)]
    if layer.depth >= 0.9:
        return [crest, mix(crest, easel.palette.shade, 0.2), mix(crest, easel.palette.shade, 0.45)]
    mist = mix(crest, easel.palette.haze, 0.55 * (1 - layer.depth) + 0.14)
    reach = easel.sheet.unit * 0.3
    steps = max(2, min(9, round(tall / reach * 3) + 1))
    return [mix(crest, mist, min(1.0, k * tall / max(1, steps - 1) / reach)) for k in range(steps)]


def _slopes(easel: Easel, layer: Ground, mask: Mask, line: Line, crest: Lab, foot: float) -> None:
    """The shaded flank of each peak, and snow on the highest."""
    sheet, dice = easel.sheet, easel.random(f"slopes:{layer.name}")
    left_lit = easel.light[0] < 0.5
    box = (mask.left, mask.top, mask.left + mask.size[0], mask.top + mask.size[1])
    width, count = sheet.width, len(line)
    summit = float(line[:, 1].min())
    flanks: list[Line] = []
    caps: list[Line] = []
    places = layer.tops or (float(np.argmin(layer.skyline)) / (count - 1),)
    snow_line = summit + sheet.unit * (0.13 if layer.kind == "mountain" else 0.1)
    for place in places:
        start = _local_top(layer, int(place * (count - 1)))
        x, y = line[start]
        drop = min(foot - y, sheet.unit * 0.42)
        zig = _crease(dice, x, y, drop, 1 if left_lit else -1)
        end = _valley(layer, start, 1 if left_lit else -1)
        ridge = line[start : end + 1] if left_lit else line[end : start + 1][::-1]
        flanks.append(np.vstack([zig[::-1], ridge]))
        if y < snow_line - sheet.unit * 0.02:
            caps.append(_cap(dice, layer, line, start, snow_line, sheet.unit))
    dark = mix(crest, easel.palette.shade, 0.3 + 0.12 * layer.depth)
    flank = sheet.stencil(box, lambda pen: [pen.polygon(points) for points in flanks] and None)
    if flank is None:
        return
    flank = flank.within(mask)
    fade = sheet.ramp(mask.size, [dark, mix(dark, crest, 0.35), crest]) if not easel.scene.manner.flat else dark
    sheet.lay(flank, fade, 0.85)
    if caps and _snowy(easel):
        snow = sheet.stencil(box, lambda pen: [pen.polygon(points) for points in caps] and None)
        if snow is None:
            return
        snow = snow.within(mask)
        white = mix(easel.palette.graded(lab("fdfaf4")), easel.palette.light, 0.4)
        white = mix(
            mix(white, easel.palette.shade, 0.3 * easel.palette.hour.dark),
            easel.palette.haze,
            0.5 * (1 - layer.depth) - 0.1,
        )
        sheet.lay(snow, white)
        sheet.lay(snow.within(flank), mix(white, easel.palette.shade, 0.36))


def _snowy(easel: Easel) -> bool:
    scene = easel.scene
    if "snowcap" in scene.wish.banned or "snow" in scene.wish.banned:
        return False
    wanted = scene.thing("snowcap", "volcano") is not None or "snow" in scene.weather or scene.season == "snow"
    return wanted or easel.random("snowcap").random() < 0.72


def _local_top(layer: Ground, index: int) -> int:
    low, high = max(0, index - 30), min(len(layer.skyline), index + 31)
    return low + int(np.argmin(layer.skyline[low:high]))


def _valley(layer: Ground, start: int, step: int) -> int:
    """Where a flank ends: the lowest place before the next peak, or the paper's edge."""
    tops = sorted(_local_top(layer, int(place * (len(layer.skyline) - 1))) for place in layer.tops)
    ahead = [top for top in tops if (top - start) * step > 12]
    limit = (min(ahead) if step > 0 else max(ahead)) if ahead else (len(layer.skyline) - 1 if step > 0 else 0)
    low, high = sorted((start, limit))
    return low + int(np.argmax(layer.skyline[low : high + 1]))


def _cap(dice: random.Random, layer: Ground, line: Line, start: int, snow_line: float, unit: float) -> Line:
    left = start
    while left > 0 and layer.skyline[left] < snow_line:
        left -= 1
    right = start
    while right < len(line) - 1 and layer.skyline[right] < snow_line:
        right += 1
    span = line[right, 0] - line[left, 0]
    edge: list[tuple[float, float]] = []
    x, up = float(line[right, 0]), False
    while x > line[left, 0]:
        x -= unit * dice.uniform(0.006, 0.019)
        inner = 1 - abs(2 * (x - line[left, 0]) / max(1.0, span) - 1)
        deep = dice.uniform(0.0, 0.045) ** 0.9 * inner if up else -dice.uniform(0.012, 0.05)
        edge.append((max(x, float(line[left, 0])), snow_line + unit * deep))
        up = not up
    points: Line = np.vstack([line[left : right + 1] - (0, 3), np.array(edge).reshape(-1, 2)])
    return points


def _crease(dice: random.Random, x: float, y: float, drop: float, side: int) -> Line:
    """The broken line that runs down from a summit between its light and its shade."""
    points = [(x, y)]
    down = 0.0
    while down < 1:
        step = dice.uniform(0.05, 0.15)
        down += step
        swing = dice.uniform(0.02, 0.07) if len(points) % 2 else -dice.uniform(0.0, 0.05)
        points.append((points[-1][0] + side * drop * (swing + 0.028), y + drop * down))
    return np.array(points)


def _slip_face(easel: Easel, layer: Ground, mask: Mask, line: Line, crest: Lab) -> None:
    """The shaded side of a dune, under a crest that curls down into the sand."""
    sheet, dice = easel.sheet, easel.random(f"slip:{layer.name}")
    box = (mask.left, mask.top, mask.left + mask.size[0], mask.top + mask.size[1])
    y = layer.skyline
    tops = [k for k in range(8, len(y) - 8) if y[k] == y[k - 8 : k + 9].min()]
    faces: list[Line] = []
    for top in tops:
        end = top
        while end < len(y) - 1 and y[end + 1] >= y[end]:
            end += 1
        drop = sheet.unit * dice.uniform(0.16, 0.28)
        t = np.linspace(0, 1, 24)
        swing = -0.55 * np.sin(t * np.pi * 0.9) * (1 - t * 0.4) * drop * 0.8
        curl = np.stack([line[top, 0] + swing + t * drop * 0.55, line[top, 1] + t * drop], 1)
        faces.append(np.vstack([curl[::-1], line[top : end + 1]]))
    if not faces:
        return
    face = sheet.stencil(box, lambda pen: [pen.polygon(points) for points in faces] and None)
    if face is not None:
        dark = mix(crest, easel.palette.shade, 0.34)
        sheet.lay(face.within(mask), sheet.ramp(mask.size, [dark, mix(dark, crest, 0.5), crest]), 0.9)


def sand_ripples(easel: Easel, layer: Ground) -> None:
    """Fine wind lines on the nearest sand."""
    sheet, dice = easel.sheet, easel.random("sand")
    colour = mix(soil(easel, layer), easel.palette.shade, 0.25)
    lines = []
    xs = np.linspace(-5, sheet.width + 5, 60)
    for k in range(7):
        y = layer.at(sheet.width / 2, sheet.width) + sheet.unit * (0.05 + 0.028 * k)
        lines.append(np.stack([xs, -(y + ripple(dice, 60, 3, 2) * sheet.unit * 0.012)], 1))
    easel.brush(0, 0, 1).lines(lines, sheet.unit * 0.0016, colour, raw=True, alpha=0.35)

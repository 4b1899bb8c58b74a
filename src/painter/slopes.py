"""The planes of mountains: shaded flanks, gullies and snow."""

from __future__ import annotations

import random

import numpy as np

from .colour import Lab, lab, mix
from .curves import Line, smooth
from .easel import Easel
from .scene import Ground
from .sheet import Mask


def slopes(easel: Easel, layer: Ground, mask: Mask, line: Line, crest: Lab, foot: float) -> None:
    """The shaded flank of each peak, and snow on the highest."""
    sheet, dice = easel.sheet, easel.random(f"slopes:{layer.name}")
    left_lit = easel.light[0] < 0.5
    box = (mask.left, mask.top, mask.left + mask.size[0], mask.top + mask.size[1])
    count = len(line)
    summit = float(line[:, 1].min())
    flanks: list[Line] = []
    caps: list[Line] = []
    places = layer.tops or (float(np.argmin(layer.skyline)) / (count - 1),)
    rise = float(line[:, 1].max()) - summit
    snow_line = summit + min(sheet.unit * (0.13 if layer.kind == "mountain" else 0.1), rise * 0.42)
    for place in places:
        start = _local_top(layer, int(place * (count - 1)))
        x, y = line[start]
        end = _valley(layer, start, 1 if left_lit else -1)
        drop = min(foot - y, sheet.unit * 0.4, 1.3 * float(line[end, 1] - y) + sheet.unit * 0.07)
        zig = _crease(dice, x, y, drop, 1 if left_lit else -1)
        if easel.scene.manner.angular:
            zig = np.array([(x, y), (x + (0.16 if left_lit else -0.16) * drop, foot)])
        ridge = line[start : end + 1] if left_lit else line[end : start + 1][::-1]
        flanks.append(np.vstack([zig[::-1], ridge]))
        if y < snow_line - sheet.unit * 0.02:
            caps.append(_cap(dice, layer, line, start, snow_line, sheet.unit))
    dark = mix(crest, easel.palette.shade, 0.3 + 0.12 * layer.depth)
    if not easel.scene.manner.angular:
        flanks += _facets(dice, line, 1 if left_lit else -1, sheet.unit)
    flank = sheet.polygons(box, flanks)
    if flank is None:
        return
    flank = flank.within(mask)
    fade = sheet.ramp(mask.size, [dark, mix(dark, crest, 0.35), crest]) if not easel.scene.manner.flat else dark
    sheet.lay(flank, fade, 0.85)
    if caps and _snowy(easel):
        snow = sheet.polygons(box, caps)
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


def lava(easel: Easel, layer: Ground) -> None:
    """Fire in a crater, its streams, and its smoke."""
    sheet, dice = easel.sheet, easel.random("lava")
    top = int(np.argmin(layer.skyline))
    x, y = top / (len(layer.skyline) - 1) * sheet.width, float(layer.skyline[top])
    brush, unit = easel.brush(x, y + sheet.unit * 0.006, sheet.unit * 0.1), sheet.unit
    smoke = mix(easel.palette.haze, easel.palette.shade, 0.35)
    for k in range(7):
        brush.disc(0.09 * k + 0.02 * k * k, 0.2 + 0.34 * k, 0.16 + 0.07 * k, smoke, raw=True, alpha=0.5 - 0.05 * k)
    sheet.glow(x, y - unit * 0.02, unit * 0.3, lab("ff7a3c"), 0.75)
    sheet.glow(x, y, unit * 0.1, lab("ffd08a"), 0.8)
    for side in (-0.28, 0.06, 0.34):
        points = [(side * 0.6, 0.0)]
        for step in range(1, 7):
            points.append((points[-1][0] + side * dice.uniform(0.1, 0.6), -0.24 * step))
        line = smooth(points, closed=False)
        brush.lines([line], 0.1, "e8452c", raw=True, alpha=0.8)
        brush.lines([line[: len(line) * 2 // 3]], 0.045, "ffc15c", raw=True)


def _facets(dice: random.Random, line: Line, side: int, unit: float) -> list[Line]:
    """Small shaded planes under the lesser teeth of a ridge, and gullies further down."""
    y = line[:, 1]
    found: list[Line] = []
    for k in range(7, len(y) - 7):
        if y[k] > y[k - 6 : k + 7].min():
            continue
        end = k
        while 0 < end < len(y) - 1 and y[end + side] >= y[end]:
            end += side
        fall = float(y[end] - y[k])
        if fall < unit * 0.006:
            continue
        ridge = line[k : end + 1] if side > 0 else line[end : k + 1][::-1]
        drop = min(unit * 0.24, fall * dice.uniform(1.6, 3.2) + unit * 0.02)
        tip = (float(line[k, 0]) + side * drop * dice.uniform(0.05, 0.3), float(y[k]) + drop)
        elbow = (
            float(line[k, 0]) + side * drop * dice.uniform(0.08, 0.2),
            float(y[k]) + drop * dice.uniform(0.35, 0.6),
        )
        found.append(np.vstack([ridge, [tip, elbow]]))
    count = len(line)
    for _ in range(6):
        k = dice.randrange(count)
        top = float(y[k]) + unit * dice.uniform(0.012, 0.06)
        drop, lean = unit * dice.uniform(0.07, 0.16), unit * dice.uniform(0.01, 0.022)
        x = float(line[k, 0])
        found.append(
            np.array(
                [
                    (x, top),
                    (x + side * lean * 1.6, top + drop * 0.6),
                    (x + side * lean, top + drop),
                    (x + side * lean * 0.3, top + drop * 0.5),
                ]
            )
        )
    return found


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

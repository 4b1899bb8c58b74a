"""Water: the mirror of what stands above it, the glitter under the light, and waves."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from .colour import Lab, along, lab, lighter, mix
from .curves import Line
from .easel import Easel


def stops(easel: Easel) -> list[Lab]:
    """Water from the horizon to the foot of the picture."""
    palette, scene = easel.palette, easel.scene
    own, bound = easel.own(scene.thing("sea", "lake", "river"), "2f8799" if scene.water == "sea" else "3d7f94")
    deep = palette.lit(own, own=True) if bound else palette.lit(own, sink=0.55)
    far = mix(along(palette.sky, 0.8), deep, 0.42 if not bound else 0.6)
    near = mix(mix(deep, palette.shade, 0.16 + 0.4 * palette.hour.dark), along(palette.sky, 0.1), 0.22)
    return [far, mix(far, deep, 0.6), mix(deep, near, 0.5), near]


def surface(easel: Easel) -> None:
    """The water from the horizon down, with everything above mirrored in it."""
    sheet, scene = easel.sheet, easel.scene
    line = round(easel.water_line)
    tall = sheet.height - line
    if tall < 3:
        return
    body = sheet.ramp((sheet.width, tall), stops(easel))
    if not scene.manner.flat:
        body = _mirrored(easel, body, line, tall)
    sheet.picture.paste(body, (0, line))
    _waves(easel, line, tall)


def _mirrored(easel: Easel, body: Image.Image, line: int, tall: int) -> Image.Image:
    sheet, dice = easel.sheet, easel.random("water")
    calm = 0.8 if easel.scene.water == "lake" else 0.56
    source = min(line, round(tall * 1.15))
    upside = sheet.picture.crop((0, line - source, sheet.width, line)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    upside = upside.resize((sheet.width, tall), Image.Resampling.BILINEAR, box=(0, 0, sheet.width, source))
    blur = sheet.unit * (0.0016 if easel.scene.water == "lake" else 0.003)
    pixels = np.asarray(upside.filter(ImageFilter.BoxBlur((blur * 0.6, blur * 1.6))))
    rows = np.arange(tall, dtype=np.float64)
    far = rows / tall
    phase = rows / sheet.unit * (240 / (1 + 4 * far)) + dice.random() * 6
    swing = np.sin(phase * 1.9 + 3 * np.sin(phase * 0.31)) * (0.0012 + 0.011 * far) * sheet.unit
    columns = np.arange(sheet.width)
    moved = np.empty_like(pixels)
    for row in range(tall):
        moved[row] = pixels[row, np.clip(columns + round(swing[row]), 0, sheet.width - 1)]
    share = calm * (1 - far) ** (0.75 if easel.scene.water == "lake" else 1.2)
    veil = Image.fromarray((share * 255).astype(np.uint8)[:, None]).resize((sheet.width, tall))
    body.paste(Image.fromarray(moved), (0, 0), veil)
    return body


def lens(x: float, y: float, half: float, thick: float) -> Line:
    """A sliver of light on water, pointed at both ends."""
    t = np.linspace(-1, 1, 9)
    bow = (1 - t * t) * thick
    return np.vstack([np.stack([x + t * half, y - bow], 1), np.stack([x + t[::-1] * half, y + bow[::-1]], 1)])


def _waves(easel: Easel, line: int, tall: int) -> None:
    sheet, dice, scene = easel.sheet, easel.random("waves"), easel.scene
    rough = 1.7 if "storm" in scene.weather else 0.6 if scene.water == "lake" else 1.0
    bright: list[Line] = []
    dark: list[Line] = []
    for _ in range(int(70 * rough * min(1.3, max(0.6, sheet.width / sheet.height)))):
        far = dice.random() ** 1.25
        x, y = dice.random() * sheet.width, line + (0.01 + 0.99 * far) * tall
        half = sheet.unit * dice.uniform(0.008, 0.035) * (0.35 + 1.5 * far)
        thick = sheet.unit * (0.0006 + 0.0016 * far) * (1 + 0.5 * (rough > 1))
        (bright if dice.random() < 0.55 else dark).append(lens(x, y, half, thick))
    palette = easel.palette
    flip = np.array([1, -1])
    brush = easel.brush(0, 0, 1)
    glint = mix(palette.sky[-1], palette.light, 0.4)
    brush.shapes([points * flip for points in bright], glint, raw=True, alpha=0.3, lift=-1, outline=False)
    brush.shapes([points * flip for points in dark], stops(easel)[3], raw=True, alpha=0.3, lift=-1, outline=False)
    if scene.manner.outlines:
        ink = easel.ink
        brush.shapes([points * flip for points in dark[::2]], ink, raw=True, alpha=0.6, outline=False)


def glitter(easel: Easel) -> None:
    """The path of light below the sun or the moon."""
    sheet, dice, palette = easel.sheet, easel.random("glitter"), easel.palette
    line = easel.water_line
    tall = sheet.height - line
    x0 = easel.light[0] * sheet.width
    thing = easel.scene.thing("sun", "moon", "crescent")
    own, bound = easel.own(thing, "fff0c8")
    colour = mix(palette.light, own, 0.8) if bound else lighter(palette.light, 0.01)
    low = easel.light[1] / max(0.01, easel.scene.horizon)
    wide = sheet.unit * (0.035 + 0.06 * low)
    sheet.glow(x0, line, sheet.unit * 0.34, colour, 0.3, 0.5)
    flip = np.array([1, -1])
    brush = easel.brush(0, 0, 1)
    for band, alpha in ((0, 0.85), (1, 0.6), (2, 0.4)):
        slivers: list[Line] = []
        for _ in range(26):
            far = (band + dice.random()) / 3
            y = line + sheet.unit * 0.002 + far**1.25 * tall * 0.92
            spread = wide * (0.5 + 0.9 * far)
            half = sheet.unit * dice.uniform(0.006, 0.03) * (0.6 + 0.8 * far)
            slivers.append(lens(x0 + dice.gauss(0, 0.42) * spread, y, half, sheet.unit * (0.0008 + 0.0017 * far)))
        brush.shapes([points * flip for points in slivers], colour, raw=True, alpha=alpha, lift=-1, outline=False)


def hull_wash(easel: Easel, x: float, y: float, half: float) -> None:
    """The bright line where something touches the water."""
    glint = mix(easel.palette.sky[-1], lab("ffffff"), 0.35)
    points = lens(x, y, half, easel.sheet.unit * 0.0011) * np.array([1, -1])
    easel.brush(0, 0, 1).shapes([points], glint, raw=True, alpha=0.55, lift=-1, outline=False)

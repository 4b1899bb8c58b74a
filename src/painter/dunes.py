"""Dunes: the slipping face under a crest, and the lines of the wind."""

from __future__ import annotations

import numpy as np

from .colour import Lab, mix
from .curves import Line, ripple
from .easel import Easel
from .scene import Ground
from .sheet import Mask


def slip_face(easel: Easel, layer: Ground, mask: Mask, line: Line, crest: Lab) -> None:
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
    face = sheet.polygons(box, faces)
    if face is not None:
        dark = mix(crest, easel.palette.shade, 0.34)
        sheet.lay(face.within(mask), sheet.ramp(mask.size, [dark, mix(dark, crest, 0.5), crest]), 0.9)


def sand_ripples(easel: Easel, layer: Ground, crest: Lab) -> None:
    """Fine wind lines on the nearest sand."""
    sheet, dice = easel.sheet, easel.random("sand")
    colour = mix(crest, easel.palette.shade, 0.25)
    lines = []
    xs = np.linspace(-5, sheet.width + 5, 60)
    for k in range(7):
        y = layer.at(sheet.width / 2, sheet.width) + sheet.unit * (0.05 + 0.028 * k)
        lines.append(np.stack([xs, -(y + ripple(dice, 60, 3, 2) * sheet.unit * 0.012)], 1))
    easel.brush(0, 0, 1).lines(lines, sheet.unit * 0.0016, colour, raw=True, alpha=0.35)

"""A room: its wall, its curtains, and the window with the world outside."""

from __future__ import annotations

import numpy as np

from .colour import Lab, lighter, mix
from .curves import smooth
from .easel import Easel
from .sheet import Pen

WALLS = ("d9c3a8", "a8b8b0", "c9a08a", "8fa3b3", "e3d3bb", "7f8f86", "b98a7a")


def wall_colour(easel: Easel) -> Lab:
    """The paint of the room."""
    code = easel.random("wall").choice(WALLS)
    wall = easel.palette.lit(code, sink=0.8)
    return mix(wall, easel.palette.lamp, 0.16) if easel.scene.dark else wall


def window(easel: Easel) -> None:
    """The wall round the view, its frame, its curtains and the sill."""
    sheet = easel.sheet
    width, height, unit = sheet.width, sheet.height, sheet.unit
    side = max(width * 0.13, (width - height * 1.05) / 2)
    left, right, top, sill = side, width - side, height * 0.09, height * 0.74
    wall = wall_colour(easel)

    def around(pen: Pen) -> None:
        pen.polygon([(-2, -2), (width + 2, -2), (width + 2, height + 2), (-2, height + 2)])
        pen.polygon([(left, top), (right, top), (right, sill), (left, sill)], ink=0)

    mask = sheet.stencil((0, 0, width, height), around)
    assert mask is not None
    frame = easel.palette.lit("f4ecdc", sink=0.8)
    if easel.scene.dark:
        frame = mix(frame, easel.palette.lamp, 0.18)
    sheet.shade(mask, unit * 0.012, unit * 0.016, easel.palette.shade, 0.45)
    sheet.lay(mask, sheet.ramp(mask.size, [lighter(wall, 0.02), wall, mix(wall, easel.palette.shade, 0.25)]))
    brush, flip, bar = easel.brush(0, 0, 1), np.array([1, -1]), unit * 0.016
    bars = [
        [
            (left - bar, top - bar),
            (right + bar, top - bar),
            (right + bar, top + bar * 0.5),
            (left - bar, top + bar * 0.5),
        ],
        [(left - bar, top), (left + bar * 0.5, top), (left + bar * 0.5, sill), (left - bar, sill)],
        [(right - bar * 0.5, top), (right + bar, top), (right + bar, sill), (right - bar * 0.5, sill)],
        [
            (width / 2 - bar * 0.42, top),
            (width / 2 + bar * 0.42, top),
            (width / 2 + bar * 0.42, sill),
            (width / 2 - bar * 0.42, sill),
        ],
        [
            (left, top + (sill - top) * 0.3),
            (right, top + (sill - top) * 0.3),
            (right, top + (sill - top) * 0.3 + bar * 0.7),
            (left, top + (sill - top) * 0.3 + bar * 0.7),
        ],
    ]
    brush.shapes([np.array(piece) * flip for piece in bars], frame, raw=True)
    deep = unit * 0.045
    board = np.array(
        [
            (left - unit * 0.06, sill),
            (right + unit * 0.06, sill),
            (right + unit * 0.08, sill + deep),
            (left - unit * 0.08, sill + deep),
        ]
    )
    brush.shapes([board * flip], lighter(frame, 0.03), raw=True, lift=1)
    lip = np.array(
        [
            (left - unit * 0.08, sill + deep),
            (right + unit * 0.08, sill + deep),
            (right + unit * 0.08, sill + deep * 1.45),
            (left - unit * 0.08, sill + deep * 1.45),
        ]
    )
    brush.shapes([lip * flip], mix(frame, easel.palette.shade, 0.25), raw=True, lift=-1)
    _curtains(easel, left, right, top, sill)


def _curtains(easel: Easel, left: float, right: float, top: float, sill: float) -> None:
    sheet, dice = easel.sheet, easel.random("curtain")
    unit = sheet.unit
    cloth = easel.palette.lit(dice.choice(("c8573f", "e3c9a0", "4f7f86", "d9a441", "8a5f7a", "f0e6d6")), sink=0.7)
    brush, flip = easel.brush(0, 0, 1), np.array([1, -1])
    up, wide = top - unit * 0.05, unit * 0.13
    for side, edge in ((1, left), (-1, right)):
        outer = edge - side * unit * 0.09
        inner = edge + side * wide * 0.35
        shape = np.vstack(
            [
                [(outer, up), (inner + side * wide * 0.55, up)],
                smooth(
                    [
                        (inner + side * wide * 0.55, up),
                        (inner + side * wide * 0.3, top + (sill - top) * 0.4),
                        (inner - side * wide * 0.25, top + (sill - top) * 0.68),
                        (inner, sill + unit * 0.12),
                    ],
                    closed=False,
                ),
                [(outer, sill + unit * 0.12)],
            ]
        )
        brush.shapes([shape * flip], cloth, raw=True, lift=0.6)
        folds = [
            np.array(
                [
                    (outer + (inner - outer) * share, up),
                    (outer + (inner - side * wide * 0.2 - outer) * share, sill * 0.72),
                    (outer + (inner - outer) * share, sill + unit * 0.12),
                ]
            )
            * flip
            for share in (0.25, 0.5, 0.75)
        ]
        brush.lines(folds, unit * 0.005, mix(cloth, easel.palette.shade, 0.3), raw=True, alpha=0.6)
    rod = np.array([(left - unit * 0.14, up), (right + unit * 0.14, up)]) * flip
    brush.lines([rod], unit * 0.009, mix(easel.palette.shade, cloth, 0.2), raw=True)

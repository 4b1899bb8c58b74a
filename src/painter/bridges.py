"""Bridges: hung from towers over the sea, arched in stone over a lake."""

from __future__ import annotations

import numpy as np

from .colour import lighter, mix
from .curves import Line
from .easel import Easel
from .wish import Thing


def bridge(easel: Easel, thing: Thing) -> None:
    """A bridge from shore to shore: hung from towers over the sea, arched in stone over a lake."""
    sheet, line = easel.sheet, easel.water_line
    flip = np.array([1, -1])
    own, bound = easel.own(thing, "c8452f" if easel.scene.water == "sea" or easel.scene.ground == "city" else "b8a894")
    depth = 0.78
    colour = easel.palette.lit(own, depth, own=bound)
    dark = mix(colour, easel.palette.shade, 0.3)
    brush = easel.brush(0, 0, 1)
    width, unit = sheet.width, sheet.unit
    foot = line + (sheet.height - line) * 0.1
    if easel.scene.water == "sea" or easel.scene.ground == "city":
        deck, top = foot - unit * 0.085, foot - unit * 0.36
        towers = (width * 0.24, width * 0.76)
        x = np.linspace(-0.02 * width, 1.02 * width, 90)
        inside = ((x - width / 2) / (towers[1] - width / 2)) ** 2
        outside = (np.abs(x - width / 2) - (towers[1] - width / 2)) / (width * 0.28)
        cable = np.where(
            inside <= 1, deck - (deck - top) * np.clip(inside, 0.04, 1), top + (deck - top) * np.clip(outside, 0, 1)
        )
        brush.lines([np.stack([x, cable], 1) * flip], unit * 0.004, colour, raw=True)
        brush.lines(
            [[(float(a), -float(b)), (float(a), -deck)] for a, b in zip(x[::2], cable[::2], strict=True)],
            unit * 0.0014,
            colour,
            raw=True,
            alpha=0.8,
        )
        for tower in towers:
            half = unit * 0.012
            legs = [
                [
                    (tower + s * half * 1.7 - half * 0.5, -foot),
                    (tower + s * half * 1.3 - half * 0.45, -top + unit * 0.012),
                    (tower + s * half * 1.3 + half * 0.45, -top + unit * 0.012),
                    (tower + s * half * 1.7 + half * 0.5, -foot),
                ]
                for s in (-1, 1)
            ]
            bars = [
                [
                    (tower - half * 1.6, -y),
                    (tower + half * 1.6, -y),
                    (tower + half * 1.6, -y + unit * 0.012),
                    (tower - half * 1.6, -y + unit * 0.012),
                ]
                for y in (top + unit * 0.012, top + unit * 0.09, top + unit * 0.17)
            ]
            brush.shapes([*legs, *bars], colour, raw=True)
            brush.shapes(
                [
                    [
                        (tower - unit * 0.035, -foot - unit * 0.008),
                        (tower + unit * 0.035, -foot - unit * 0.008),
                        (tower + unit * 0.03, -foot + unit * 0.01),
                        (tower - unit * 0.03, -foot + unit * 0.01),
                    ]
                ],
                dark,
                raw=True,
                lift=-1,
            )
        brush.shapes(
            [[(-5, -deck), (width + 5, -deck), (width + 5, -deck - unit * 0.011), (-5, -deck - unit * 0.011)]],
            dark,
            raw=True,
        )
        return
    deck, arches = foot - unit * 0.12, 4 if width <= sheet.height else 6
    span = width / arches

    def draw_outline() -> list[Line]:
        pieces: list[Line] = []
        for k in range(arches):
            x0, x1 = k * span, (k + 1) * span
            turn = np.linspace(0, np.pi, 22)
            hole = np.stack([(x0 + x1) / 2 + np.cos(turn) * span * 0.38, foot - np.sin(turn) * unit * 0.088], 1)
            pieces.append(
                np.vstack([[(x1 + 1, foot)], [(x1 + 1, deck)], [(x0 - 1, deck)], [(x0 - 1, foot)], hole[::-1]]) * flip
            )
        return pieces

    brush.shapes(draw_outline(), colour, raw=True)
    brush.shapes(
        [[(-5, -deck), (width + 5, -deck), (width + 5, -deck + unit * 0.012), (-5, -deck + unit * 0.012)]],
        lighter(colour, 0.06),
        raw=True,
        lift=-1,
    )
    brush.shapes(
        [[(-5, -deck - unit * 0.006), (width + 5, -deck - unit * 0.006), (width + 5, -deck), (-5, -deck)]],
        dark,
        raw=True,
        lift=-1,
        outline=False,
    )

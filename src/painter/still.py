"""Still lifes: vase, cup and fruit on a table in window light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import plants
from .colour import lab, lighter, mix
from .curves import arc, smooth
from .easel import Brush, Easel
from .interior import wall_colour
from .wish import Thing


def table(easel: Easel) -> None:
    """A wall in window light and a table before it."""
    sheet, unit = easel.sheet, easel.sheet.unit
    wall = wall_colour(easel)
    sheet.picture.paste(
        sheet.ramp((sheet.width, sheet.height), [lighter(wall, 0.03), wall, mix(wall, easel.palette.shade, 0.2)]),
        (0, 0),
    )
    brush, flip = easel.brush(0, 0, 1), np.array([1, -1])
    light = easel.palette.light
    x0 = sheet.width * 0.12
    for column in range(2):
        for line in range(2):
            x, y = x0 + column * unit * 0.2, sheet.height * 0.12 + line * unit * 0.25 + column * unit * 0.05
            pane = np.array(
                [(x, y), (x + unit * 0.18, y + unit * 0.045), (x + unit * 0.18, y + unit * 0.27), (x, y + unit * 0.225)]
            )
            brush.shapes([pane * flip], light, raw=True, alpha=0.34, lift=-1, outline=False)
    level = sheet.height * 0.72
    wood = easel.palette.lit(easel.random("table").choice(("a8683a", "8a5a44", "d9b98a", "5f6f7a")), sink=0.6)
    mask = sheet.stencil(
        (0, level, sheet.width, sheet.height),
        lambda pen: pen.polygon(
            [(-3, level), (sheet.width + 3, level), (sheet.width + 3, sheet.height + 3), (-3, sheet.height + 3)]
        ),
    )
    if mask is not None:
        sheet.lay(mask, sheet.ramp(mask.size, [lighter(wood, 0.05), wood, mix(wood, easel.palette.shade, 0.3)]))


def still(easel: Easel) -> None:
    """Vase, cup and fruit, each with its shadow on the table."""
    sheet, scene = easel.sheet, easel.scene
    level = sheet.height * 0.8
    kinds = [thing for thing in scene.things if thing.kind in {"vase", "cup", "fruit", "flower", "sunflower"}]
    names = {thing.kind for thing in kinds}
    if names & {"flower", "sunflower"} and "vase" not in names:
        kinds.append(Thing("vase"))
    if len(names - {"flower", "sunflower"}) == 1 and "vase" in names:
        kinds.append(Thing("fruit"))
    for thing in sorted(kinds, key=lambda item: ("vase", "cup", "fruit", "flower", "sunflower").index(item.kind)):
        x = (
            thing.place
            if thing.place is not None
            else {
                "vase": 0.44,
                "cup": 0.56 if "vase" not in names else 0.72,
                "fruit": 0.7 if "cup" not in names else 0.3,
            }.get(thing.kind, 0.5)
        )
        brush = easel.brush(
            sheet.width * x, level + (sheet.unit * 0.03 if thing.kind != "vase" else 0), sheet.unit * 0.42 * thing.size
        )
        if thing.kind in {"vase", "cup", "fruit"}:
            brush.shapes(
                [smooth([(0, 0.03), (0.24, 0.0), (0.62, -0.1), (0.3, -0.07), (0, -0.05), (-0.14, 0.0)])],
                easel.palette.shade,
                raw=True,
                alpha=0.3,
                lift=-1,
                outline=False,
            )
            {"vase": _vase, "cup": _cup, "fruit": _fruit}[thing.kind](easel, brush, thing)


def _vase(easel: Easel, brush: Brush, thing: Thing) -> None:
    dice = easel.random("vase")
    flower = easel.scene.thing("flower", "sunflower")
    for k in range(9 if flower is None or flower.count is None else min(12, flower.count)):
        turn = (-0.5 + (k * 0.618) % 1.0) * 0.9
        stem = replace(
            brush,
            x=brush.x + brush.size * turn * 0.34,
            y=brush.y - brush.size * (0.42 + 0.12 * dice.random()),
            size=brush.size * dice.uniform(0.46, 0.62),
        )
        painter = plants.sunflower if flower is not None and flower.kind == "sunflower" else plants.flower
        painter(stem, flower or Thing("flower"), easel.random(f"vase:{k}"))
    own, bound = easel.own(thing, dice.choice(("2f6f8f", "f0e6d6", "c8573f", "4f7f6a")))
    brush.blob(
        [
            (-0.12, 0.0),
            (-0.22, 0.16),
            (-0.2, 0.34),
            (-0.09, 0.48),
            (-0.11, 0.58),
            (0.11, 0.58),
            (0.09, 0.48),
            (0.2, 0.34),
            (0.22, 0.16),
            (0.12, 0.0),
        ],
        own,
        own=bound,
    )
    brush.blob(
        [
            (0.05, 0.01),
            (0.14, 0.16),
            (0.12, 0.34),
            (0.05, 0.48),
            (0.06, 0.57),
            (0.11, 0.57),
            (0.09, 0.48),
            (0.2, 0.34),
            (0.22, 0.16),
            (0.12, 0.0),
        ],
        lighter(own, -0.09),
        own=bound,
        lift=-1,
    )
    brush.lines(
        [smooth([(-0.15, 0.2), (-0.14, 0.32), (-0.08, 0.42)], closed=False)],
        0.02,
        lighter(own, 0.14),
        own=bound,
        alpha=0.7,
    )


def _cup(easel: Easel, brush: Brush, thing: Thing) -> None:
    own, bound = easel.own(thing, easel.random("cup").choice(("c8573f", "f0e6d6", "2f6f8f", "d9a441")))
    steam = [
        smooth([(x, 0.36), (x + 0.05, 0.46), (x - 0.04, 0.58), (x + 0.03, 0.72)], closed=False) for x in (-0.08, 0.06)
    ]
    brush.lines(steam, 0.026, "ffffff", alpha=0.4)
    brush.disc(0, 0.0, 0.3, lighter(own, -0.05), 0.055, own=bound)
    brush.disc(0, 0.015, 0.26, lighter(own, 0.04), 0.04, own=bound)
    brush.lines([arc(0.2, 0.17, 0.085, -80, 80)], 0.035, lighter(own, -0.05), own=bound)
    brush.polygon(
        np.vstack(
            [smooth([(-0.2, 0.3), (-0.19, 0.12), (-0.1, 0.02), (0.1, 0.02), (0.19, 0.12), (0.2, 0.3)], closed=False)]
        ),
        own,
        own=bound,
    )
    brush.disc(0, 0.3, 0.2, lighter(own, 0.06), 0.045, own=bound)
    brush.disc(0, 0.295, 0.17, "4a2c20", 0.034)


def _fruit(easel: Easel, brush: Brush, thing: Thing) -> None:
    dice = easel.random("fruit")
    own, bound = easel.own(thing, "c8402f")
    for k in range(min(7, thing.count or 3)):
        x, y = (-0.2, 0.18, -0.02, 0.34, -0.36, 0.1, -0.14)[k], (0.13, 0.13, 0.1, 0.1, 0.1, 0.3, 0.3)[k]
        code = own if bound else lab(("c8402f", "e0a03c", "9fae4a", "d96b2b", "8a3b4a", "e0a03c", "c8402f")[k])
        r = 0.13 * dice.uniform(0.9, 1.1)
        brush.disc(x, y, r, code, r * 0.95, own=bound)
        brush.shapes(
            [np.vstack([arc(x, y, r, -80, 80, 0.95), arc(x - r * 0.45, y, r, 55, -55, 0.95)])],
            lighter(code, -0.09),
            own=bound,
            lift=-1,
            outline=False,
        )
        brush.disc(x - r * 0.4, y + r * 0.4, r * 0.18, lighter(code, 0.16), own=bound, alpha=0.8)
        brush.lines(
            [smooth([(x, y + r * 0.85), (x + 0.02, y + r * 1.2), (x + 0.05, y + r * 1.35)], closed=False)],
            0.016,
            "5a3b28",
        )
        brush.blob(
            [(x + 0.02, y + r * 1.1), (x + 0.1, y + r * 1.35), (x + 0.16, y + r * 1.15), (x + 0.08, y + r * 1.0)],
            "5a8a42",
        )

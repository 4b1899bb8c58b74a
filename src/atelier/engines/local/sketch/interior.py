"""A room: the window with the world outside, a sill for a cat, a table for a still life."""

from __future__ import annotations

import numpy as np

from . import flora, pets
from .colour import Lab, lab, lighter, mix
from .curves import arc, smooth
from .creatures import fox, owl, rabbit
from .easel import Easel
from .sheet import Pen
from .words import Thing

WALLS = ("d9c3a8", "a8b8b0", "c9a08a", "8fa3b3", "e3d3bb", "7f8f86", "b98a7a")
SITTING = {"cat": pets.cat, "dog": pets.dog, "rabbit": rabbit, "owl": owl, "fox": fox}


def _wall(easel: Easel) -> Lab:
    code = easel.random("wall").choice(WALLS)
    wall = easel.palette.lit(code, sink=0.8)
    return mix(wall, easel.palette.lamp, 0.16) if easel.scene.dark else wall


def window(easel: Easel) -> None:
    """The wall round the view, its frame, its curtains and the sill."""
    sheet = easel.sheet
    width, height, unit = sheet.width, sheet.height, sheet.unit
    side = max(width * 0.13, (width - height * 1.05) / 2)
    left, right, top, sill = side, width - side, height * 0.09, height * 0.74
    wall = _wall(easel)

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
    bars = [[(left - bar, top - bar), (right + bar, top - bar), (right + bar, top + bar * 0.5), (left - bar, top + bar * 0.5)],
            [(left - bar, top), (left + bar * 0.5, top), (left + bar * 0.5, sill), (left - bar, sill)],
            [(right - bar * 0.5, top), (right + bar, top), (right + bar, sill), (right - bar * 0.5, sill)],
            [(width / 2 - bar * 0.42, top), (width / 2 + bar * 0.42, top), (width / 2 + bar * 0.42, sill), (width / 2 - bar * 0.42, sill)],
            [(left, top + (sill - top) * 0.3), (right, top + (sill - top) * 0.3), (right, top + (sill - top) * 0.3 + bar * 0.7),
             (left, top + (sill - top) * 0.3 + bar * 0.7)]]  # fmt: skip
    brush.shapes([np.array(piece) * flip for piece in bars], frame, raw=True)
    deep = unit * 0.045
    board = np.array([(left - unit * 0.06, sill), (right + unit * 0.06, sill), (right + unit * 0.08, sill + deep), (left - unit * 0.08, sill + deep)])
    brush.shapes([board * flip], lighter(frame, 0.03), raw=True, lift=1)
    lip = np.array([(left - unit * 0.08, sill + deep), (right + unit * 0.08, sill + deep), (right + unit * 0.08, sill + deep * 1.45), (left - unit * 0.08, sill + deep * 1.45)])
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
        shape = np.vstack([[(outer, up), (inner + side * wide * 0.55, up)],
                           smooth([(inner + side * wide * 0.55, up), (inner + side * wide * 0.3, top + (sill - top) * 0.4), (inner - side * wide * 0.25, top + (sill - top) * 0.68),
                                   (inner, sill + unit * 0.12)], closed=False), [(outer, sill + unit * 0.12)]])  # fmt: skip
        brush.shapes([shape * flip], cloth, raw=True, lift=0.6)
        folds = [smooth([(outer + side * share * (inner + side * wide * 0.4 - outer), up), (outer + side * abs(inner - outer) * share * 0.9, (top + sill) / 2),
                         (outer + side * abs(inner - outer) * share, sill + unit * 0.12)], closed=False) * flip
                 for share in (0.22, 0.46, 0.7)] if False else [
            np.array([(outer + (inner - outer) * share, up), (outer + (inner - side * wide * 0.2 - outer) * share, sill * 0.72), (outer + (inner - outer) * share, sill + unit * 0.12)]) * flip
            for share in (0.25, 0.5, 0.75)
        ]  # fmt: skip
        brush.lines(folds, unit * 0.005, mix(cloth, easel.palette.shade, 0.3), raw=True, alpha=0.6)
    rod = np.array([(left - unit * 0.14, up), (right + unit * 0.14, up)]) * flip
    brush.lines([rod], unit * 0.009, mix(easel.palette.shade, cloth, 0.2), raw=True)


def sitters(easel: Easel) -> None:
    """Whoever sits on the sill, with a plant for company."""
    sheet, scene = easel.sheet, easel.scene
    dice = easel.random("sill")
    sill = sheet.height * 0.74 + sheet.unit * 0.03
    found = [thing for thing in scene.things if thing.kind in SITTING]
    places = [0.58, 0.36, 0.72, 0.47]
    rank = 0
    for thing in found or ([] if scene.wish.things else [Thing("cat")]):
        for _ in range(min(4, thing.count or (2 if thing.plural else 1))):
            x = thing.place if thing.place is not None and rank == 0 else places[rank % 4]
            size = sheet.unit * 0.36 * (1 if rank == 0 else 0.74) * min(1.3, thing.size)
            SITTING[thing.kind](easel.brush(sheet.width * x, sill, size, flip=x > 0.5), thing, easel.random(f"{thing.kind}:{rank}"))
            rank += 1
    pot(easel, sheet.width * (0.27 if not found or found[0].place is None or found[0].place > 0.4 else 0.74), sill, dice.choice(("c8573f", "2f6f8f", "e3c9a0")))


def pot(easel: Easel, x: float, y: float, code: str) -> None:
    """A potted plant."""
    dice = easel.random("pot")
    brush = easel.brush(x, y, easel.sheet.unit * 0.2)
    leaf = lab(dice.choice(("3f7a4f", "4f8a5a", "2f6f62")))
    blades = []
    for k in range(7):
        turn = np.radians(30 + 20 * k + dice.uniform(-6, 6))
        long = dice.uniform(0.5, 0.72)
        tip = (np.cos(turn) * long, 0.36 + np.sin(turn) * long)
        middle = (np.cos(turn) * long * 0.5, 0.36 + np.sin(turn) * long * 0.55)
        side = (-np.sin(turn) * 0.075, np.cos(turn) * 0.075)
        blades.append(smooth([(0, 0.32), (middle[0] + side[0], middle[1] + side[1]), tip, (middle[0] - side[0], middle[1] - side[1])], pieces=6))
    brush.shapes(blades[::2], lighter(leaf, -0.06))
    brush.shapes(blades[1::2], leaf)
    brush.polygon([(-0.17, 0.0), (-0.22, 0.36), (0.22, 0.36), (0.17, 0.0)], code)
    brush.polygon([(0.06, 0.0), (0.09, 0.36), (0.22, 0.36), (0.17, 0.0)], lighter(lab(code), -0.08))
    brush.polygon([(-0.25, 0.32), (-0.25, 0.41), (0.25, 0.41), (0.25, 0.32)], lighter(lab(code), 0.03))


def table(easel: Easel) -> None:
    """A wall in window light and a table before it."""
    sheet, unit = easel.sheet, easel.sheet.unit
    wall = _wall(easel)
    sheet.picture.paste(sheet.ramp((sheet.width, sheet.height), [lighter(wall, 0.03), wall, mix(wall, easel.palette.shade, 0.2)]), (0, 0))
    brush, flip = easel.brush(0, 0, 1), np.array([1, -1])
    light = easel.palette.light
    x0 = sheet.width * 0.12
    for column in range(2):
        for line in range(2):
            x, y = x0 + column * unit * 0.2, sheet.height * 0.12 + line * unit * 0.25 + column * unit * 0.05
            pane = np.array([(x, y), (x + unit * 0.18, y + unit * 0.045), (x + unit * 0.18, y + unit * 0.27), (x, y + unit * 0.225)])
            brush.shapes([pane * flip], light, raw=True, alpha=0.34, lift=-1, outline=False)
    level = sheet.height * 0.72
    wood = easel.palette.lit(easel.random("table").choice(("a8683a", "8a5a44", "d9b98a", "5f6f7a")), sink=0.6)
    mask = sheet.stencil((0, level, sheet.width, sheet.height), lambda pen: pen.polygon([(-3, level), (sheet.width + 3, level), (sheet.width + 3, sheet.height + 3), (-3, sheet.height + 3)]))
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
        x = thing.place if thing.place is not None else {"vase": 0.44, "cup": 0.56 if "vase" not in names else 0.72, "fruit": 0.7 if "cup" not in names else 0.3}.get(thing.kind, 0.5)
        brush = easel.brush(sheet.width * x, level + (sheet.unit * 0.03 if thing.kind != "vase" else 0), sheet.unit * 0.42 * thing.size)
        if thing.kind in {"vase", "cup", "fruit"}:
            brush.shapes([smooth([(0, 0.03), (0.24, 0.0), (0.62, -0.1), (0.3, -0.07), (0, -0.05), (-0.14, 0.0)])], easel.palette.shade, raw=True, alpha=0.3, lift=-1, outline=False)
            {"vase": _vase, "cup": _cup, "fruit": _fruit}[thing.kind](easel, brush, thing)


def _vase(easel: Easel, brush: "Brush", thing: Thing) -> None:
    from dataclasses import replace

    dice = easel.random("vase")
    flower = easel.scene.thing("flower", "sunflower")
    for k in range(9 if flower is None or flower.count is None else min(12, flower.count)):
        turn = (-0.5 + (k * 0.618) % 1.0) * 0.9
        stem = replace(brush, x=brush.x + brush.size * turn * 0.34, y=brush.y - brush.size * (0.42 + 0.12 * dice.random()), size=brush.size * dice.uniform(0.46, 0.62))
        painter = flora.sunflower if flower is not None and flower.kind == "sunflower" else flora.flower
        painter(stem, flower or Thing("flower"), easel.random(f"vase:{k}"))
    own, bound = easel.own(thing, dice.choice(("2f6f8f", "f0e6d6", "c8573f", "4f7f6a")))
    brush.blob([(-0.12, 0.0), (-0.22, 0.16), (-0.2, 0.34), (-0.09, 0.48), (-0.11, 0.58), (0.11, 0.58), (0.09, 0.48), (0.2, 0.34), (0.22, 0.16), (0.12, 0.0)], own, own=bound)
    brush.blob([(0.05, 0.01), (0.14, 0.16), (0.12, 0.34), (0.05, 0.48), (0.06, 0.57), (0.11, 0.57), (0.09, 0.48), (0.2, 0.34), (0.22, 0.16), (0.12, 0.0)], lighter(own, -0.09), own=bound, lift=-1)
    brush.lines([smooth([(-0.15, 0.2), (-0.14, 0.32), (-0.08, 0.42)], closed=False)], 0.02, lighter(own, 0.14), own=bound, alpha=0.7)


def _cup(easel: Easel, brush: "Brush", thing: Thing) -> None:
    own, bound = easel.own(thing, easel.random("cup").choice(("c8573f", "f0e6d6", "2f6f8f", "d9a441")))
    steam = [smooth([(x, 0.36), (x + 0.05, 0.46), (x - 0.04, 0.58), (x + 0.03, 0.72)], closed=False) for x in (-0.08, 0.06)]
    brush.lines(steam, 0.026, "ffffff", alpha=0.4)
    brush.disc(0, 0.0, 0.3, lighter(own, -0.05), 0.055, own=bound)
    brush.disc(0, 0.015, 0.26, lighter(own, 0.04), 0.04, own=bound)
    brush.lines([arc(0.2, 0.17, 0.085, -80, 80)], 0.035, lighter(own, -0.05), own=bound)
    brush.polygon(np.vstack([smooth([(-0.2, 0.3), (-0.19, 0.12), (-0.1, 0.02), (0.1, 0.02), (0.19, 0.12), (0.2, 0.3)], closed=False)]), own, own=bound)
    brush.disc(0, 0.3, 0.2, lighter(own, 0.06), 0.045, own=bound)
    brush.disc(0, 0.295, 0.17, "4a2c20", 0.034)


def _fruit(easel: Easel, brush: "Brush", thing: Thing) -> None:
    dice = easel.random("fruit")
    own, bound = easel.own(thing, "c8402f")
    for k in range(min(7, thing.count or 3)):
        x, y = (-0.2, 0.18, -0.02, 0.34, -0.36, 0.1, -0.14)[k], (0.13, 0.13, 0.1, 0.1, 0.1, 0.3, 0.3)[k]
        code = own if bound else lab(("c8402f", "e0a03c", "9fae4a", "d96b2b", "8a3b4a", "e0a03c", "c8402f")[k])
        r = 0.13 * dice.uniform(0.9, 1.1)
        brush.disc(x, y, r, code, r * 0.95, own=bound)
        brush.shapes([np.vstack([arc(x, y, r, -80, 80, 0.95), arc(x - r * 0.45, y, r, 55, -55, 0.95)])], lighter(code, -0.09), own=bound, lift=-1, outline=False)
        brush.disc(x - r * 0.4, y + r * 0.4, r * 0.18, lighter(code, 0.16), own=bound, alpha=0.8)
        brush.lines([smooth([(x, y + r * 0.85), (x + 0.02, y + r * 1.2), (x + 0.05, y + r * 1.35)], closed=False)], 0.016, "5a3b28")
        brush.blob([(x + 0.02, y + r * 1.1), (x + 0.1, y + r * 1.35), (x + 0.16, y + r * 1.15), (x + 0.08, y + r * 1.0)], "5a8a42")


from .easel import Brush  # noqa: E402

"""Houses, villages and churches, drawn about the middle of their foot."""

from __future__ import annotations

import random
from dataclasses import replace

from .colour import Lab, lab, lighter
from .easel import Brush
from .wish import Thing

WALLS = ("f2e6cf", "e9c9a4", "d9896a", "c8d3c5", "f6efe2", "b8473a")
ROOFS = ("a8432f", "8a3b34", "5a4a55", "3f5566", "b8623a")


def pane(brush: Brush) -> tuple[Lab, bool]:
    """A window's colour, and whether it shines by itself."""
    dark = brush.easel.scene.dark
    return (brush.easel.palette.lamp, True) if dark else (lab("5b7a8c"), False)


def windows(brush: Brush, spots: list[tuple[float, float]], wide: float, tall: float) -> None:
    """A row of windows, glowing by dark."""
    colour, shines = pane(brush)
    boxes = [[(x - wide, y), (x + wide, y), (x + wide, y + tall), (x - wide, y + tall)] for x, y in spots]
    if shines and not brush.mirror:
        for x, y in spots[:6]:
            brush.glow(x, y + tall / 2, max(wide, tall) * 4.5, colour, 0.4)
    brush.shapes(boxes, colour, raw=shines, lift=-1)


def house(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A cottage one unit wide, its gable to the side, its windows lit by dark."""
    wall, bound = brush.easel.own(thing, dice.choice(WALLS))
    roof = lighter(wall, -0.25) if bound else lab(dice.choice(ROOFS))
    if brush.easel.scene.season == "snow":
        roof = lab("f4f6f8")
    brush.polygon([(0.2, 0.62), (0.2, 0.98), (0.32, 0.98), (0.32, 0.6)], lighter(roof, -0.1))
    if brush.easel.scene.season == "snow" or brush.easel.scene.hour in {"dawn", "dusk", "night", "golden"}:
        for k in range(5):
            brush.disc(
                0.27 + 0.05 * k + 0.02 * k * k, 1.08 + 0.13 * k, 0.05 + 0.022 * k, "f0ece6", alpha=0.4 - 0.06 * k
            )
    brush.polygon([(-0.5, -0.06), (-0.5, 0.4), (-0.26, 0.72), (0.0, 0.4), (0.0, -0.06)], wall, own=bound)
    brush.polygon([(0.0, -0.06), (0.0, 0.4), (0.5, 0.4), (0.5, -0.06)], lighter(wall, -0.08), own=bound)
    brush.polygon([(-0.28, 0.78), (-0.04, 0.36), (0.58, 0.36), (0.38, 0.78)], roof, own=bound)
    brush.polygon(
        [(-0.28, 0.78), (-0.58, 0.36), (-0.53, 0.33), (-0.265, 0.69), (-0.01, 0.33), (-0.04, 0.36)],
        lighter(roof, -0.06),
        own=bound,
    )
    windows(brush, [(0.13, 0.1), (0.36, 0.1)], 0.065, 0.15)
    windows(brush, [(-0.36, 0.12)], 0.055, 0.15)
    brush.polygon([(-0.24, -0.06), (-0.24, 0.2), (-0.12, 0.2), (-0.12, -0.06)], "5b3a2a")


def village(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A handful of houses round a steeple."""
    church(
        replace(brush, x=brush.x + brush.size * 0.1, size=brush.size * 0.62, y=brush.y - brush.size * 0.05),
        Thing("church"),
        dice,
    )
    for x, y, size in (
        (-0.9, 0.02, 0.34),
        (0.72, 0.03, 0.36),
        (-0.42, 0.0, 0.4),
        (1.15, -0.02, 0.32),
        (0.3, -0.08, 0.38),
        (-0.75, -0.1, 0.36),
    ):
        spot = replace(
            brush,
            x=brush.x + x * brush.size,
            y=brush.y - y * brush.size,
            size=brush.size * size,
            turn=dice.choice((1.0, -1.0)),
        )
        house(spot, Thing("house", colour=thing.colour), dice)


def church(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A white church with a steeple."""
    wall, bound = brush.easel.own(thing, "f4ecdc")
    roof = lab("f4f6f8") if brush.easel.scene.season == "snow" else lab(dice.choice(("5a4a55", "8a3b34", "3f5566")))
    brush.polygon([(-0.1, -0.05), (-0.1, 0.45), (0.55, 0.45), (0.55, -0.05)], lighter(wall, -0.06), own=bound)
    brush.polygon([(-0.1, 0.45), (0.0, 0.72), (0.46, 0.72), (0.6, 0.43)], roof)
    brush.polygon([(-0.36, -0.05), (-0.36, 0.95), (-0.06, 0.95), (-0.06, -0.05)], wall, own=bound)
    brush.polygon([(-0.4, 0.93), (-0.21, 1.62), (-0.02, 0.93)], roof)
    brush.lines([[(-0.21, 1.6), (-0.21, 1.76)], [(-0.26, 1.69), (-0.16, 1.69)]], 0.02, "3a3038")
    windows(brush, [(0.1, 0.12), (0.28, 0.12), (0.46, 0.12)], 0.04, 0.2)
    windows(brush, [(-0.21, 0.66)], 0.045, 0.16)

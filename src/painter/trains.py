"""A train that crosses the land."""

from __future__ import annotations

from .colour import lab, lighter
from .easel import Easel
from .scene import Ground
from .wish import Thing


def train(easel: Easel, thing: Thing, layer: Ground) -> None:
    """A steam train that runs along a ridge on its embankment."""
    sheet, dice = easel.sheet, easel.random("train")
    unit = sheet.unit
    front = sheet.width * (thing.place if thing.place is not None else 0.64)
    y = float(layer.skyline[40:380].mean())
    own, bound = easel.own(thing, dice.choice(("b8352c", "2d4f6c", "2f6650")))
    brush = easel.brush(front, y, unit * 0.075, layer.depth)
    bed = easel.palette.land("8a7a66", layer.depth)
    easel.brush(0, 0, 1).shapes(
        [[(-5, -y), (sheet.width + 5, -y), (sheet.width + 5, -y - unit * 0.03), (-5, -y - unit * 0.03)]], bed, raw=True
    )
    for k in range(9):
        brush.disc(0.3 - 0.36 * k, 0.95 + 0.11 * k, 0.13 + 0.045 * k, "f4efe6", alpha=0.62 - 0.055 * k)
    lamp = easel.palette.lamp if easel.scene.dark else lab("cfe3e8")
    for k in range(1, 5):
        x = -1.12 * k
        brush.polygon([(x - 0.52, 0.12), (x - 0.52, 0.56), (x + 0.52, 0.56), (x + 0.52, 0.12)], own, own=bound)
        brush.polygon(
            [(x - 0.55, 0.56), (x - 0.5, 0.64), (x + 0.5, 0.64), (x + 0.55, 0.56)], lighter(own, -0.12), own=bound
        )
        panes = [
            [(x + p, 0.3), (x + p + 0.15, 0.3), (x + p + 0.15, 0.48), (x + p, 0.48)] for p in (-0.44, -0.2, 0.05, 0.29)
        ]
        brush.shapes(panes, lamp, raw=easel.scene.dark, lift=-1)
        for wheel in (-0.32, 0.32):
            brush.disc(x + wheel, 0.08, 0.1, "2a2730")
    brush.polygon(
        [(-0.5, 0.12), (-0.5, 0.78), (-0.12, 0.78), (-0.12, 0.52), (0.5, 0.5), (0.56, 0.3), (0.5, 0.12)],
        lighter(own, -0.08),
        own=bound,
    )
    brush.polygon([(-0.54, 0.78), (-0.5, 0.85), (-0.1, 0.85), (-0.08, 0.78)], "2a2730")
    brush.polygon([(0.26, 0.5), (0.22, 0.84), (0.42, 0.84), (0.38, 0.5)], "2a2730")
    brush.polygon([(0.5, 0.14), (0.72, 0.0), (0.46, 0.0)], "2a2730")
    brush.shapes([[(-0.42, 0.55), (-0.2, 0.55), (-0.2, 0.72), (-0.42, 0.72)]], lamp, raw=easel.scene.dark, lift=-1)
    for x, r in ((-0.3, 0.16), (0.06, 0.12), (0.34, 0.12)):
        brush.disc(x, 0.08, r, "2a2730")
        brush.disc(x, 0.08, r * 0.45, own, own=bound)
    if easel.scene.dark:
        brush.glow(0.7, 0.4, 1.2, lamp, 0.7)

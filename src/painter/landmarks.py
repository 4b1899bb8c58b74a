"""Castles, mills, lighthouses, gates and tents, drawn about the middle of their foot."""

from __future__ import annotations

import random

import numpy as np

from .buildings import pane, windows
from .colour import lab, lighter, mix
from .curves import arc, smooth
from .easel import Brush
from .wish import Thing


def castle(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A castle of towers with pointed roofs and pennants."""
    wall, bound = brush.easel.own(thing, dice.choice(("c9c2bd", "d8c7b0", "b9b7c4")))
    roof = lab(dice.choice(("3f5a80", "8a3b4a", "4f4370")))
    towers = [(-0.62, 0.2, 0.62), (0.64, 0.2, 0.72), (-0.28, 0.17, 0.95), (0.3, 0.19, 1.12), (0.02, 0.24, 1.36)]
    brush.polygon([(-0.75, -0.08), (-0.75, 0.4), (0.78, 0.4), (0.78, -0.08)], lighter(wall, -0.1), own=bound)
    merlons = [[(x, 0.38), (x, 0.46), (x + 0.06, 0.46), (x + 0.06, 0.38)] for x in np.arange(-0.74, 0.74, 0.12)]
    brush.shapes(merlons, lighter(wall, -0.1), own=bound, lift=-1)
    for rank, (x, wide, tall) in enumerate(sorted(towers, key=lambda t: -t[2])):
        half = wide / 2
        brush.polygon(
            [(x - half, -0.08), (x - half, tall), (x + half, tall), (x + half, -0.08)],
            lighter(wall, -0.02 * rank),
            own=bound,
        )
        brush.shapes(
            [[(x + half * 0.3, -0.08), (x + half * 0.3, tall), (x + half, tall), (x + half, -0.08)]],
            lighter(wall, -0.1 - 0.02 * rank),
            own=bound,
            lift=-1,
            outline=False,
        )
        brush.polygon([(x - half * 1.25, tall - 0.01), (x, tall + wide * 1.9), (x + half * 1.25, tall - 0.01)], roof)
        top = tall + wide * 1.9
        brush.lines([[(x, top - 0.02), (x, top + 0.14)]], 0.012, "3a3038")
        brush.shapes([[(x, top + 0.14), (x + 0.11, top + 0.105), (x, top + 0.07)]], "d8452f", lift=-1, outline=False)
        windows(brush, [(x - half * 0.2, tall - 0.24), (x - half * 0.2, tall - 0.52)], 0.025, 0.1)
    brush.polygon(np.vstack([[(-0.12, -0.08)], arc(0, 0.12, 0.12, 180, 0), [(0.12, -0.08)]]), "3a2c30")


def windmill(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A Dutch windmill."""
    body, bound = brush.easel.own(thing, dice.choice(("8a5a44", "e9dcc4", "5f6f7a")))
    brush.polygon([(-0.26, -0.05), (-0.15, 0.82), (0.15, 0.82), (0.26, -0.05)], body, own=bound)
    brush.shapes(
        [[(0.06, -0.05), (0.05, 0.82), (0.15, 0.82), (0.26, -0.05)]],
        lighter(body, -0.1),
        own=bound,
        lift=-1,
        outline=False,
    )
    brush.polygon(np.vstack([arc(0, 0.82, 0.18, 0, 180, 1.1)]), "4a3a3a")
    brush.lines([[(-0.3, 0.34), (0.3, 0.34)]], 0.035, "f2e8d6")
    windows(brush, [(-0.02, 0.52), (-0.06, 0.12)], 0.04, 0.1)
    start = dice.uniform(0.2, 1.2)
    for k in range(4):
        turn = start + k * np.pi / 2
        along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        hub = np.array([0.0, 0.88])
        brush.lines([np.array([hub, hub + along * 0.74])], 0.02, "4a3527")
        brush.polygon(
            np.array(
                [
                    hub + along * 0.16,
                    hub + along * 0.74,
                    hub + along * 0.74 + across * 0.14,
                    hub + along * 0.16 + across * 0.14,
                ]
            ),
            "f7efe0",
            alpha=0.95,
        )
    brush.disc(0, 0.88, 0.04, "3a2c2a")


def lighthouse(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A lighthouse on its rock, its light sweeping by dark."""
    easel = brush.easel
    stripe, bound = easel.own(thing, dice.choice(("c23b30", "c23b30", "2d4f7c")))
    rock = smooth(
        [
            (-0.85, -0.03),
            (-0.6, 0.1),
            (-0.42, 0.13),
            (-0.2, 0.25),
            (0.22, 0.24),
            (0.4, 0.12),
            (0.66, 0.08),
            (0.9, -0.03),
        ],
        closed=False,
    )
    base = 0.22
    if easel.scene.dark and not brush.mirror:
        lamp = easel.palette.lamp
        for sign, reach in ((-1, 3.2), (1, 3.2)):
            beam = [(0, base + 1.36), (sign * reach, base + 1.36 + 0.46), (sign * reach, base + 1.36 - 0.06)]
            for share, alpha in ((1.0, 0.13), (0.66, 0.13), (0.36, 0.15)):
                cone = [(x * share, base + 1.36 + (y - base - 1.36) * share) for x, y in beam]
                brush.shapes([cone], lamp, raw=True, alpha=alpha, lift=-1, outline=False)
    brush.polygon(rock, "5d5a5f")
    brush.shapes(
        [smooth([(0.0, -0.03), (0.1, 0.2), (0.24, 0.23), (0.42, 0.1), (0.66, 0.07), (0.9, -0.03)], closed=False)],
        "4a484f",
        lift=-1,
        outline=False,
    )
    brush.polygon([(-0.52, 0.08), (-0.52, 0.32), (-0.24, 0.32), (-0.24, 0.08)], "efe4d0")
    brush.polygon([(-0.57, 0.3), (-0.38, 0.46), (-0.19, 0.3)], "8a3b34")
    windows(brush, [(-0.38, 0.16)], 0.04, 0.09)
    low, high, tall = 0.17, 0.105, 1.16

    def ring(start: float, end: float) -> list[tuple[float, float]]:
        a, b = low + (high - low) * start, low + (high - low) * end
        return [(-a, base + tall * start), (-b, base + tall * end), (b, base + tall * end), (a, base + tall * start)]

    brush.polygon(ring(0, 1), "f7f0e2")
    brush.shapes([ring(0.16, 0.36), ring(0.56, 0.76)], stripe, own=bound, lift=-1, outline=False)
    brush.shapes(
        [[(0.05, base), (0.035, base + tall), (high, base + tall), (low, base)]],
        easel.palette.shade,
        raw=True,
        alpha=0.22,
        lift=-1,
        outline=False,
    )
    brush.polygon(
        [(-0.15, base + tall), (-0.15, base + tall + 0.05), (0.15, base + tall + 0.05), (0.15, base + tall)], "33323a"
    )
    glass, shines = pane(brush)
    brush.polygon(
        [
            (-0.075, base + tall + 0.05),
            (-0.075, base + tall + 0.25),
            (0.075, base + tall + 0.25),
            (0.075, base + tall + 0.05),
        ],
        glass,
        raw=shines,
    )
    brush.polygon(np.vstack([arc(0, base + tall + 0.24, 0.11, 0, 180, 1.2)]), stripe, own=bound)
    brush.lines([[(0, base + tall + 0.36), (0, base + tall + 0.47)]], 0.014, "33323a")
    if shines:
        brush.glow(0, base + tall + 0.15, 0.75, glass, 0.85)


def torii(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A vermilion gate."""
    red, bound = brush.easel.own(thing, "c8402f")
    brush.polygon([(-0.38, -0.1), (-0.34, 0.86), (-0.26, 0.86), (-0.28, -0.1)], red, own=bound)
    brush.polygon([(0.38, -0.1), (0.34, 0.86), (0.26, 0.86), (0.28, -0.1)], lighter(red, -0.05), own=bound)
    brush.polygon([(-0.46, 0.6), (-0.46, 0.67), (0.46, 0.67), (0.46, 0.6)], red, own=bound)
    brush.polygon([(-0.04, 0.67), (-0.04, 0.84), (0.04, 0.84), (0.04, 0.67)], red, own=bound)
    under = smooth([(-0.56, 0.86), (0, 0.815), (0.56, 0.86)], closed=False)
    over = smooth([(0.64, 1.02), (0, 0.93), (-0.64, 1.02)], closed=False)
    brush.polygon(np.vstack([under, over]), red, own=bound)
    cap = smooth([(-0.66, 1.07), (0, 0.985), (0.66, 1.07)], closed=False)
    brush.polygon(np.vstack([over, cap]), "33272c")


def tent(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A tent with a lamp inside and a fire in front."""
    cloth, bound = brush.easel.own(thing, dice.choice(("e0873a", "c8452f", "d9b45a", "3f7f86")))
    dark = brush.easel.scene.dark
    if dark:
        brush.glow(0, 0.2, 1.5, brush.easel.palette.lamp, 0.5)
        cloth = mix(cloth, brush.easel.palette.lamp, 0.35)
    brush.polygon([(-0.2, 0.62), (0.34, 0.56), (0.72, -0.03), (0.3, -0.06)], lighter(cloth, -0.12), own=bound or dark)
    brush.polygon([(-0.6, -0.06), (-0.2, 0.62), (0.3, -0.06)], cloth, own=bound or dark)
    brush.polygon(
        [(-0.24, -0.06), (-0.2, 0.5), (0.08, -0.06)], brush.easel.palette.lamp if dark else lab("4a2f2a"), raw=dark
    )
    if dark:
        x = -1.0
        brush.glow(x, 0.1, 0.9, lab("ff9a45"), 0.75)
        brush.lines([[(x - 0.14, -0.04), (x + 0.14, 0.02)], [(x + 0.14, -0.04), (x - 0.14, 0.02)]], 0.04, "3a2720")
        brush.blob(
            [(x - 0.09, 0.0), (x - 0.07, 0.14), (x, 0.34), (x + 0.06, 0.15), (x + 0.09, 0.0)], "ff8b3a", raw=True
        )
        brush.blob(
            [(x - 0.045, 0.0), (x - 0.03, 0.09), (x, 0.19), (x + 0.03, 0.09), (x + 0.045, 0.0)], "ffe49a", raw=True
        )

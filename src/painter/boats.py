"""Boats and ships, drawn about the middle of their water line."""

from __future__ import annotations

import random

import numpy as np

from .colour import lab, lighter
from .curves import smooth
from .easel import Brush
from .wish import Thing

HULLS = ("b8352c", "c4452f", "2d4f7c", "1f5f66", "e0a03c", "f3ead8")


def sailboat(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A sloop with two full sails, one unit long."""
    hull, bound = brush.easel.own(thing, HULLS[0] if dice.random() < 0.6 else dice.choice(HULLS))
    belly = smooth([(0.5, 0.075), (0.42, -0.01), (0.3, -0.06), (-0.28, -0.06), (-0.42, 0.0), (-0.5, 0.1)], closed=False)
    sail = dice.choice(("faf4e8", "f8efdc", "fff8ee"))
    main = np.vstack(
        [[(0.015, 1.16), (0.015, 0.17)], smooth([(0.4, 0.17), (0.36, 0.45), (0.2, 0.85), (0.015, 1.16)], closed=False)]
    )
    jib = np.vstack(
        [
            [(-0.03, 1.02), (-0.03, 0.17)],
            smooth([(-0.44, 0.16), (-0.3, 0.46), (-0.13, 0.8), (-0.03, 1.02)], closed=False),
        ]
    )
    brush.lines([[(0, 0.08), (0, 1.2)]], 0.022, "4a3527")
    brush.polygon(jib, lighter(lab(sail), -0.07), own=True)
    brush.polygon(main, sail, own=True)
    brush.shapes(
        [[(0.015, 0.42), (0.372, 0.42), (0.385, 0.33), (0.015, 0.33)]],
        hull,
        own=bound,
        alpha=0.85,
        lift=-1,
        outline=False,
    )
    brush.shapes([[(0, 1.2), (0.13, 1.225), (0, 1.25)]], hull, own=bound, lift=-1, outline=False)
    brush.polygon(np.vstack([belly, [(-0.2, 0.085), (0.2, 0.07)]]), hull, own=bound)
    shade = smooth(
        [(0.46, 0.035), (0.4, -0.015), (0.28, -0.06), (-0.28, -0.06), (-0.42, 0.0), (-0.46, 0.04)], closed=False
    )
    brush.shapes([shade], lighter(hull, -0.09), own=bound, lift=-1, outline=False)


def rowboat(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A rowing boat with someone at the oars."""
    hull, bound = brush.easel.own(thing, dice.choice(("7a4a2b", "b8352c", "2d4f7c", "c98a3a")))
    coat = dice.choice(("2b3550", "8a3b34", "35564d"))
    brush.lines([[(0.02, 0.2), (0.4, -0.05)], [(0.02, 0.2), (-0.34, -0.06)]], 0.022, "5b4029")
    brush.blob([(-0.1, 0.06), (-0.09, 0.26), (0.0, 0.34), (0.08, 0.26), (0.1, 0.06)], coat)
    brush.disc(0.0, 0.41, 0.062, "e0b08c")
    brush.polygon([(-0.13, 0.435), (0.13, 0.435), (0.02, 0.53), (-0.02, 0.53)], "e6c878")
    outline = smooth(
        [(-0.52, 0.17), (-0.4, 0.02), (-0.25, -0.05), (0.25, -0.05), (0.4, 0.02), (0.52, 0.17)], closed=False
    )
    rim = smooth([(0.52, 0.17), (0.2, 0.1), (-0.2, 0.1), (-0.52, 0.17)], closed=False)
    brush.polygon(np.vstack([outline, rim[1:-1]]), hull, own=bound)
    band = smooth([(-0.52, 0.17), (-0.2, 0.1), (0.2, 0.1), (0.52, 0.17)], closed=False)
    brush.lines([band], 0.028, lighter(hull, 0.14), own=bound)


def ship(brush: Brush, thing: Thing, dice: random.Random) -> None:
    """A steamer with portholes and smoke."""
    hull, bound = brush.easel.own(thing, dice.choice(("2a3448", "a8322b", "1f4d54")))
    for k in range(6):
        brush.disc(0.1 - 0.11 * k, 0.5 + 0.06 * k + 0.012 * k * k, 0.04 + 0.02 * k, "e9e4da", alpha=0.5 - 0.06 * k)
    brush.polygon([(0.02, 0.2), (0.04, 0.46), (0.14, 0.46), (0.16, 0.2)], "c8452f")
    brush.polygon([(0.037, 0.4), (0.04, 0.46), (0.14, 0.46), (0.145, 0.4)], "26262e")
    brush.polygon([(-0.24, 0.1), (-0.22, 0.22), (0.3, 0.22), (0.33, 0.1)], "f6f0e2")
    brush.polygon([(-0.16, 0.22), (-0.14, 0.3), (-0.02, 0.3), (0.0, 0.22)], "fdf8ec")
    brush.lines([[(-0.3, 0.1), (-0.3, 0.48)], [(0.38, 0.1), (0.38, 0.4)]], 0.012, "4a3b33")
    brush.polygon(
        [(-0.56, 0.16), (-0.48, -0.05), (0.44, -0.05), (0.5, 0.12), (0.34, 0.12), (-0.3, 0.1)], hull, own=bound
    )
    brush.polygon([(-0.494, -0.01), (-0.48, -0.05), (0.44, -0.05), (0.453, -0.01)], "b8352c")
    lamp = brush.easel.palette.lamp if brush.easel.scene.dark else lab("8fb4c4")
    for k in range(8):
        brush.disc(-0.18 + k * 0.062, 0.16, 0.014, lamp, raw=brush.easel.scene.dark)

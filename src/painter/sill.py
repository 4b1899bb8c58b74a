"""Who sits on the sill: cats, dogs and their friends, and a plant."""

from __future__ import annotations

import numpy as np

from . import pets
from .colour import lab, lighter
from .curves import smooth
from .easel import Easel
from .wild import fox, owl, rabbit
from .wish import Thing

SITTING = {"cat": pets.cat, "dog": pets.dog, "rabbit": rabbit, "owl": owl, "fox": fox}


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
            SITTING[thing.kind](
                easel.brush(sheet.width * x, sill, size, flip=x > 0.5), thing, easel.random(f"{thing.kind}:{rank}")
            )
            rank += 1
    pot(
        easel,
        sheet.width * (0.27 if not found or found[0].place is None or found[0].place > 0.4 else 0.74),
        sill,
        dice.choice(("c8573f", "2f6f8f", "e3c9a0")),
    )


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
        blades.append(
            smooth(
                [
                    (0, 0.32),
                    (middle[0] + side[0], middle[1] + side[1]),
                    tip,
                    (middle[0] - side[0], middle[1] - side[1]),
                ],
                pieces=6,
            )
        )
    brush.shapes(blades[::2], lighter(leaf, -0.06))
    brush.shapes(blades[1::2], leaf)
    brush.polygon([(-0.17, 0.0), (-0.22, 0.36), (0.22, 0.36), (0.17, 0.0)], code)
    brush.polygon([(0.06, 0.0), (0.09, 0.36), (0.22, 0.36), (0.17, 0.0)], lighter(lab(code), -0.08))
    brush.polygon([(-0.25, 0.32), (-0.25, 0.41), (0.25, 0.41), (0.25, 0.32)], lighter(lab(code), 0.03))

"""A bust in cut paper: calm face, closed eyes, a disc of light behind the head."""

from __future__ import annotations

import random

import numpy as np

from .colour import along, lab, lighter, mix
from .curves import smooth
from .easel import Brush, Easel
from .faces import HAIR, SKINS, back_hair, features, front_hair
from .wish import Thing

CLOTH = ("2d4f6c", "b8452f", "2f6f62", "d9a441", "6a4a7a", "e9dcc4")


def backdrop(easel: Easel) -> None:
    """The sky's colours as a wall, and a great disc behind the head."""
    sheet = easel.sheet
    stops = easel.palette.sky
    sheet.picture.paste(sheet.ramp((sheet.width, sheet.height), [stops[1], stops[2], stops[3], stops[4]]), (0, 0))
    brush = easel.brush(sheet.width / 2, sheet.height * 0.42, sheet.unit * 0.34)
    sun = easel.scene.thing("sun", "moon")
    own, bound = easel.own(sun, "fff0c8")
    light = own if bound else easel.palette.light
    brush.glow(0, 0, 1.7, light, 0.4)
    brush.disc(0, 0, 1.0, mix(along(stops, 0.9), light, 0.45), raw=True)
    brush.disc(0, 0, 0.86, mix(along(stops, 0.9), light, 0.75), raw=True)


def bust(easel: Easel) -> None:
    """Head and shoulders, one unit from the chin's line to the crown and a little more."""
    scene, sheet, dice = easel.scene, easel.sheet, easel.random("bust")
    thing = scene.thing("woman", "man", "person") or Thing("portrait")
    male = thing.kind == "man" or (thing.kind not in {"woman"} and dice.random() < 0.5)
    number = min(3, thing.count or (2 if thing.plural else 1))
    for k in range(number):
        own_dice = easel.random(f"bust:{k}")
        place = thing.place if thing.place is not None else 0.5
        x = sheet.width * (place + (0 if number == 1 else (k - (number - 1) / 2) * 0.3))
        size = sheet.unit * 0.45 * (1 if number == 1 else 0.78) * min(1.2, thing.size)
        _figure(
            easel.brush(x, sheet.height * 0.42 + size * 0.36, size, flip=own_dice.random() < 0.5),
            thing,
            own_dice,
            male=male != (k % 2 == 1 and thing.kind not in {"woman", "man"}),
        )


def _figure(brush: Brush, thing: Thing, dice: random.Random, *, male: bool) -> None:
    skin, shade = (lab(code) for code in SKINS[dice.randrange(5)])
    hair = lab(dice.choice(HAIR))
    cloth, bound = brush.easel.own(thing, dice.choice(CLOTH))
    style = dice.randrange(3) if male else 3 + dice.randrange(4)
    back_hair(brush, style, hair)
    wide = 0.74 if male else 0.62
    brush.polygon(
        np.vstack(
            [
                smooth(
                    [
                        (-wide - 0.14, -2.2),
                        (-wide, -0.44),
                        (-wide * 0.7, -0.22),
                        (-0.2, -0.1),
                        (0.2, -0.1),
                        (wide * 0.7, -0.22),
                        (wide, -0.44),
                        (wide + 0.14, -2.2),
                    ],
                    closed=False,
                )
            ]
        ),
        cloth,
        own=bound,
    )
    brush.blob(
        [(-0.145, 0.12), (-0.15, -0.06), (-0.22, -0.13), (0, -0.3), (0.22, -0.13), (0.15, -0.06), (0.145, 0.12)], skin
    )
    brush.blob(
        [(-0.14, 0.1), (-0.06, -0.02), (0.1, 0.0), (0.15, -0.06), (0.145, 0.12), (0, 0.16)], shade, alpha=0.8, lift=-1
    )
    brush.shapes(
        [smooth([(-0.22, -0.12), (0, -0.31), (0.22, -0.12), (0.3, -0.16), (0, -0.42), (-0.3, -0.16)])],
        lighter(cloth, 0.08),
        own=bound,
        lift=-1,
    )
    for side in (-1, 1):
        brush.disc(side * 0.262, 0.33, 0.05, shade if side > 0 else skin, 0.075)
    brush.blob(
        [
            (-0.25, 0.5),
            (-0.262, 0.32),
            (-0.22, 0.13),
            (-0.09, -0.01),
            (0.09, -0.01),
            (0.22, 0.13),
            (0.262, 0.32),
            (0.25, 0.5),
            (0.15, 0.66),
            (-0.15, 0.66),
        ],
        skin,
    )
    half = smooth(
        [
            (0.02, 0.66),
            (0.16, 0.64),
            (0.25, 0.5),
            (0.262, 0.32),
            (0.22, 0.13),
            (0.09, -0.01),
            (0.02, 0.0),
            (0.1, 0.14),
            (0.08, 0.3),
            (0.05, 0.42),
        ]
    )
    brush.shapes([half], shade, alpha=0.42, lift=-1, outline=False)
    features(brush, skin, shade, hair, male=male)
    front_hair(brush, style, hair)
    if not male and dice.random() < 0.7:
        for side in (-1, 1):
            brush.disc(side * 0.275, 0.21, 0.032, "e8b23a")
    if male and dice.random() < 0.4 and style != 0:
        brush.blob(
            [
                (-0.245, 0.3),
                (-0.23, 0.1),
                (-0.1, -0.08),
                (0.1, -0.08),
                (0.23, 0.1),
                (0.245, 0.3),
                (0.19, 0.2),
                (0.11, 0.155),
                (0, 0.175),
                (-0.11, 0.155),
                (-0.19, 0.2),
            ],
            hair,
        )
        brush.lines(
            [smooth([(-0.06, 0.1), (0, 0.085), (0.06, 0.1)], closed=False)], 0.016, mix(shade, lab("a8453c"), 0.5)
        )

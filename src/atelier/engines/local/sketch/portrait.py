"""A bust in cut paper: calm face, closed eyes, a disc of light behind the head."""

from __future__ import annotations

import random

import numpy as np

from .colour import Lab, along, lab, lighter, mix
from .curves import Points, smooth
from .easel import Brush, Easel
from .flora import PETALS
from .words import Thing

SKINS = (("f0c7a4", "c98a6b"), ("e0a882", "b3724f"), ("c68b62", "925a3a"), ("8f5a3c", "633a27"), ("6a4230", "452a20"))
HAIR = ("2b2228", "4a2e24", "7a4a2a", "c9873f", "8a3b2a", "b9b3ad")
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


def leaves(easel: Easel) -> None:
    """Sprays of leaves and blossoms on both sides."""
    dice = easel.random("leaves")
    sheet, flower = easel.sheet, easel.scene.thing("flower", "blossom", "sunflower")
    leaf = dice.choice(("3f7a5a", "2f6a6b", "6f8f4a", "4a6f8a"))
    for side in (-1, 1):
        for spray in range(3):
            x = sheet.width * (0.5 + side * (0.44 + 0.04 * spray))
            brush = easel.brush(x, sheet.height * (1.02 - 0.05 * spray), sheet.unit * (0.42 + 0.12 * spray), 0.9 - 0.16 * spray, flip=side > 0)
            _spray(brush, dice, leaf, flower, bloom=spray == 0 or flower is not None)


def _spray(brush: Brush, dice: random.Random, leaf: str, flower: Thing | None, *, bloom: bool) -> None:
    bend = dice.uniform(-0.1, 0.28)
    stem = smooth([(0, 0), (bend * 0.2, 0.35), (bend * 0.6, 0.7), (bend, 1.0)], closed=False)
    brush.lines([stem], 0.014, leaf)
    blades, shaded = [], []
    for k in range(3, len(stem) - 1, 2):
        x, y = stem[k]
        long = 0.2 * (1.1 - y * 0.6)
        for sign in (-1, 1):
            turn = np.radians(62 if sign > 0 else 118) + dice.uniform(-0.2, 0.2)
            tip = (x + np.cos(turn) * long * 1.1, y + np.sin(turn) * long * 0.8)
            side = (-np.sin(turn) * long * 0.24, np.cos(turn) * long * 0.24)
            middle = ((x + tip[0]) / 2, (y + tip[1]) / 2)
            shape = smooth([(x, y), (middle[0] + side[0], middle[1] + side[1]), tip, (middle[0] - side[0], middle[1] - side[1])], pieces=6)
            (blades if sign > 0 else shaded).append(shape)
    brush.shapes(shaded, lighter(lab(leaf), -0.06))
    brush.shapes(blades, leaf)
    if bloom:
        code = dice.choice(PETALS[:4])
        own, bound = brush.easel.own(flower, code)
        for index in (len(stem) - 1, len(stem) * 2 // 3):
            x, y = stem[index]
            petals: list[Points] = []
            for k in range(6):
                turn = k * np.pi / 3 + dice.random()
                petals.append(smooth([(x, y), (x + 0.07 * np.cos(turn - 0.5), y + 0.07 * np.sin(turn - 0.5)), (x + 0.1 * np.cos(turn), y + 0.1 * np.sin(turn)),
                                      (x + 0.07 * np.cos(turn + 0.5), y + 0.07 * np.sin(turn + 0.5))], pieces=5))  # fmt: skip
            brush.shapes(petals, own, own=bound)
            brush.disc(x, y, 0.032, "f2c95a")


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
        size = sheet.unit * 0.4 * (1 if number == 1 else 0.78) * min(1.2, thing.size)
        _figure(easel.brush(x, sheet.height * 0.66, size, flip=own_dice.random() < 0.5), thing, own_dice, male=male if k == 0 else not male)


def _figure(brush: Brush, thing: Thing, dice: random.Random, *, male: bool) -> None:
    skin, shade = (lab(code) for code in SKINS[dice.randrange(5)])
    hair = lab(dice.choice(HAIR))
    cloth, bound = brush.easel.own(thing, dice.choice(CLOTH))
    style = dice.randrange(3) if male else 3 + dice.randrange(4)
    _back_hair(brush, style, hair)
    wide = 0.74 if male else 0.62
    brush.polygon(np.vstack([smooth([(-wide - 0.1, -1.2), (-wide, -0.44), (-wide * 0.7, -0.22), (-0.2, -0.1), (0.2, -0.1), (wide * 0.7, -0.22), (wide, -0.44),
                                     (wide + 0.1, -1.2)], closed=False)]), cloth, own=bound)  # fmt: skip
    brush.blob([(-0.145, 0.12), (-0.15, -0.06), (-0.22, -0.13), (0, -0.3), (0.22, -0.13), (0.15, -0.06), (0.145, 0.12)], skin)
    brush.blob([(-0.14, 0.1), (-0.06, -0.02), (0.1, 0.0), (0.15, -0.06), (0.145, 0.12), (0, 0.16)], shade, alpha=0.8, lift=-1)
    brush.shapes([smooth([(-0.22, -0.12), (0, -0.31), (0.22, -0.12), (0.3, -0.16), (0, -0.42), (-0.3, -0.16)])], lighter(cloth, 0.08), own=bound, lift=-1)
    for side in (-1, 1):
        brush.disc(side * 0.262, 0.33, 0.05, shade if side > 0 else skin, 0.075)
    brush.blob([(-0.25, 0.5), (-0.262, 0.32), (-0.22, 0.13), (-0.09, -0.01), (0.09, -0.01), (0.22, 0.13), (0.262, 0.32), (0.25, 0.5), (0.15, 0.66), (-0.15, 0.66)], skin)
    half = smooth([(0.02, 0.66), (0.16, 0.64), (0.25, 0.5), (0.262, 0.32), (0.22, 0.13), (0.09, -0.01), (0.02, 0.0), (0.1, 0.14), (0.08, 0.3), (0.05, 0.42)])
    brush.shapes([half], shade, alpha=0.42, lift=-1, outline=False)
    _features(brush, skin, shade, hair, male=male)
    _front_hair(brush, style, hair)
    if not male and dice.random() < 0.7:
        for side in (-1, 1):
            brush.disc(side * 0.275, 0.21, 0.032, "e8b23a")
    if male and dice.random() < 0.4 and style != 0:
        brush.blob([(-0.245, 0.3), (-0.23, 0.1), (-0.1, -0.08), (0.1, -0.08), (0.23, 0.1), (0.245, 0.3), (0.19, 0.2), (0.11, 0.155), (0, 0.175), (-0.11, 0.155), (-0.19, 0.2)], hair)
        brush.lines([smooth([(-0.06, 0.1), (0, 0.085), (0.06, 0.1)], closed=False)], 0.016, mix(shade, lab("a8453c"), 0.5))


def _features(brush: Brush, skin: Lab, shade: Lab, hair: Lab, *, male: bool) -> None:
    line = mix(shade, lab("2a1a1c"), 0.75)
    for side in (-1, 1):
        lid = smooth([(side * 0.175, 0.352), (side * 0.12, 0.322), (side * 0.062, 0.345)], closed=False)
        brush.lines([lid], 0.014, line)
        if not male:
            brush.lines([[(side * 0.17, 0.348), (side * 0.195, 0.335)], [(side * 0.145, 0.33), (side * 0.158, 0.312)]], 0.01, line)
        brow = smooth([(side * 0.19, 0.425), (side * 0.125, 0.455), (side * 0.06, 0.43)], closed=False)
        brush.lines([brow], 0.026 if male else 0.017, mix(hair, line, 0.4))
        brush.disc(side * 0.155, 0.235, 0.052, mix(skin, lab("e0604c"), 0.5), 0.036, alpha=0.42)
    brush.lines([smooth([(0.0, 0.4), (0.012, 0.3), (0.035, 0.235), (0.0, 0.215), (-0.02, 0.225)], closed=False)], 0.012, shade)
    if male:
        brush.lines([smooth([(-0.07, 0.125), (0, 0.112), (0.075, 0.13)], closed=False)], 0.017, mix(shade, lab("8a3a34"), 0.6))
    else:
        lips = mix(shade, lab("c2343a"), 0.7)
        brush.blob([(-0.075, 0.128), (-0.03, 0.148), (0, 0.138), (0.03, 0.148), (0.075, 0.128), (0, 0.092)], lips, lift=-1)
        brush.lines([smooth([(-0.07, 0.127), (0, 0.12), (0.07, 0.127)], closed=False)], 0.007, mix(lips, line, 0.5))


def _back_hair(brush: Brush, style: int, hair: Lab) -> None:
    if style == 3:
        brush.blob([(-0.3, 0.5), (-0.36, 0.1), (-0.42, -0.35), (-0.3, -0.62), (0.3, -0.62), (0.42, -0.35), (0.36, 0.1), (0.3, 0.5), (0.18, 0.74), (-0.18, 0.74)], lighter(hair, -0.03))
    elif style == 4:
        brush.disc(0.0, 0.86, 0.15, hair)
    elif style == 5:
        brush.blob([(-0.3, 0.5), (-0.36, 0.2), (-0.36, -0.02), (-0.2, -0.04), (0.2, -0.04), (0.36, -0.02), (0.36, 0.2), (0.3, 0.5), (0.18, 0.74), (-0.18, 0.74)], lighter(hair, -0.03))
    elif style == 6:
        turn = np.linspace(0, 2 * np.pi, 26, endpoint=False)
        reach = 1 + 0.07 * (np.arange(26) % 2)
        brush.blob(np.stack([0.46 * reach * np.cos(turn), 0.45 + 0.44 * reach * np.sin(turn)], 1), lighter(hair, -0.03))


def _front_hair(brush: Brush, style: int, hair: Lab) -> None:
    if style in {0, 1}:
        part = [(-0.27, 0.36), (-0.29, 0.56), (-0.18, 0.74), (0.06, 0.79), (0.24, 0.7), (0.29, 0.52), (0.27, 0.36), (0.24, 0.5), (0.1, 0.58), (-0.1, 0.54), (-0.23, 0.5)]
        brush.blob(part if style == 0 else [(x, y + (0.05 if y > 0.6 else 0)) for x, y in part], hair)
    elif style == 2:
        brush.blob([(-0.265, 0.42), (-0.28, 0.56), (-0.16, 0.72), (0.16, 0.72), (0.28, 0.56), (0.265, 0.42), (0.22, 0.55), (0, 0.61), (-0.22, 0.55)], hair)
    elif style == 5:
        brush.blob([(-0.29, 0.3), (-0.31, 0.56), (-0.18, 0.75), (0.18, 0.75), (0.31, 0.56), (0.29, 0.3), (0.25, 0.46), (0, 0.49), (-0.25, 0.46)], hair)
    elif style == 6:
        brush.blob([(-0.28, 0.44), (-0.3, 0.62), (-0.14, 0.76), (0.14, 0.76), (0.3, 0.62), (0.28, 0.44), (0.2, 0.58), (0.07, 0.56), (-0.07, 0.6), (-0.2, 0.57)], hair)
    else:
        brush.blob([(-0.29, 0.2), (-0.31, 0.54), (-0.18, 0.75), (0.0, 0.78), (0.18, 0.75), (0.31, 0.54), (0.29, 0.2), (0.255, 0.42), (0.16, 0.56), (-0.06, 0.64), (-0.2, 0.55), (-0.255, 0.4)], hair)
        brush.lines([smooth([(-0.06, 0.645), (-0.04, 0.72), (-0.03, 0.775)], closed=False)], 0.012, lighter(hair, 0.08))



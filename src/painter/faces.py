"""Faces and hair for busts, about the chin."""

from __future__ import annotations

import numpy as np

from .colour import Lab, lab, lighter, mix
from .curves import smooth
from .easel import Brush

SKINS = (("f0c7a4", "c98a6b"), ("e0a882", "b3724f"), ("c68b62", "925a3a"), ("8f5a3c", "633a27"), ("6a4230", "452a20"))


HAIR = ("2b2228", "4a2e24", "7a4a2a", "c9873f", "8a3b2a", "b9b3ad")


def features(brush: Brush, skin: Lab, shade: Lab, hair: Lab, *, male: bool) -> None:
    """Closed eyes, brows, nose, mouth and warm cheeks."""
    line = mix(shade, lab("2a1a1c"), 0.75)
    for side in (-1, 1):
        lid = smooth([(side * 0.175, 0.352), (side * 0.12, 0.322), (side * 0.062, 0.345)], closed=False)
        brush.lines([lid], 0.014, line)
        if not male:
            brush.lines(
                [[(side * 0.17, 0.348), (side * 0.195, 0.335)], [(side * 0.145, 0.33), (side * 0.158, 0.312)]],
                0.01,
                line,
            )
        brow = smooth([(side * 0.19, 0.425), (side * 0.125, 0.455), (side * 0.06, 0.43)], closed=False)
        brush.lines([brow], 0.026 if male else 0.017, mix(hair, line, 0.4))
        brush.disc(side * 0.155, 0.235, 0.052, mix(skin, lab("e0604c"), 0.5), 0.036, alpha=0.42)
    brush.lines(
        [smooth([(0.0, 0.4), (0.012, 0.3), (0.035, 0.235), (0.0, 0.215), (-0.02, 0.225)], closed=False)], 0.012, shade
    )
    if male:
        brush.lines(
            [smooth([(-0.07, 0.125), (0, 0.112), (0.075, 0.13)], closed=False)], 0.017, mix(shade, lab("8a3a34"), 0.6)
        )
    else:
        lips = mix(shade, lab("c2343a"), 0.7)
        brush.blob(
            [(-0.075, 0.128), (-0.03, 0.148), (0, 0.138), (0.03, 0.148), (0.075, 0.128), (0, 0.092)], lips, lift=-1
        )
        brush.lines([smooth([(-0.07, 0.127), (0, 0.12), (0.07, 0.127)], closed=False)], 0.007, mix(lips, line, 0.5))


def back_hair(brush: Brush, style: int, hair: Lab) -> None:
    """The hair that falls behind the head."""
    if style == 3:
        brush.blob(
            [
                (-0.3, 0.5),
                (-0.36, 0.1),
                (-0.42, -0.35),
                (-0.3, -0.62),
                (0.3, -0.62),
                (0.42, -0.35),
                (0.36, 0.1),
                (0.3, 0.5),
                (0.18, 0.74),
                (-0.18, 0.74),
            ],
            lighter(hair, -0.03),
        )
    elif style == 4:
        brush.disc(0.0, 0.86, 0.15, hair)
    elif style == 5:
        brush.blob(
            [
                (-0.3, 0.5),
                (-0.36, 0.2),
                (-0.36, -0.02),
                (-0.2, -0.04),
                (0.2, -0.04),
                (0.36, -0.02),
                (0.36, 0.2),
                (0.3, 0.5),
                (0.18, 0.74),
                (-0.18, 0.74),
            ],
            lighter(hair, -0.03),
        )
    elif style == 6:
        turn = np.linspace(0, 2 * np.pi, 26, endpoint=False)
        reach = 1 + 0.07 * (np.arange(26) % 2)
        brush.blob(np.stack([0.46 * reach * np.cos(turn), 0.45 + 0.44 * reach * np.sin(turn)], 1), lighter(hair, -0.03))


def front_hair(brush: Brush, style: int, hair: Lab) -> None:
    """The hair that frames the forehead."""
    if style in {0, 1}:
        part = [
            (-0.27, 0.36),
            (-0.29, 0.56),
            (-0.18, 0.74),
            (0.06, 0.79),
            (0.24, 0.7),
            (0.29, 0.52),
            (0.27, 0.36),
            (0.24, 0.5),
            (0.1, 0.58),
            (-0.1, 0.54),
            (-0.23, 0.5),
        ]
        brush.blob(part if style == 0 else [(x, y + (0.05 if y > 0.6 else 0)) for x, y in part], hair)
    elif style == 2:
        brush.blob(
            [
                (-0.265, 0.42),
                (-0.28, 0.56),
                (-0.16, 0.72),
                (0.16, 0.72),
                (0.28, 0.56),
                (0.265, 0.42),
                (0.22, 0.55),
                (0, 0.61),
                (-0.22, 0.55),
            ],
            hair,
        )
    elif style == 5:
        brush.blob(
            [
                (-0.29, 0.3),
                (-0.31, 0.56),
                (-0.18, 0.75),
                (0.18, 0.75),
                (0.31, 0.56),
                (0.29, 0.3),
                (0.25, 0.46),
                (0, 0.49),
                (-0.25, 0.46),
            ],
            hair,
        )
    elif style == 6:
        brush.blob(
            [
                (-0.28, 0.44),
                (-0.3, 0.62),
                (-0.14, 0.76),
                (0.14, 0.76),
                (0.3, 0.62),
                (0.28, 0.44),
                (0.2, 0.58),
                (0.07, 0.56),
                (-0.07, 0.6),
                (-0.2, 0.57),
            ],
            hair,
        )
    else:
        brush.blob(
            [
                (-0.29, 0.2),
                (-0.31, 0.54),
                (-0.18, 0.75),
                (0.0, 0.78),
                (0.18, 0.75),
                (0.31, 0.54),
                (0.29, 0.2),
                (0.255, 0.42),
                (0.16, 0.56),
                (-0.06, 0.64),
                (-0.2, 0.55),
                (-0.255, 0.4),
            ],
            hair,
        )
        brush.lines([smooth([(-0.06, 0.645), (-0.04, 0.72), (-0.03, 0.775)], closed=False)], 0.012, lighter(hair, 0.08))

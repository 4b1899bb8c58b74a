"""Dark trees at the edge of the picture, which lead the eye inside."""

from __future__ import annotations

import numpy as np

from .colour import lighter, mix
from .curves import Line
from .easel import Easel
from .trees import conifer


def wanted(easel: Easel) -> bool:
    """Whether this picture is framed by trees."""
    scene = easel.scene
    wooded = scene.ground in {"mountain", "forest", "hill", "volcano"} and "tree" not in scene.wish.banned
    busy = scene.thing("castle", "village", "train", "flower", "river", "road", "palm", "cactus", "blossom") is not None
    plain = scene.manner.sparse or scene.manner.angular
    return wooded and not busy and not plain and easel.random("frame").random() < 0.5


def trees(easel: Easel) -> None:
    """Two or three tall trees on one side, their feet below the paper."""
    sheet, dice = easel.sheet, easel.random("frame trees")
    left = dice.random() < 0.5
    shade = mix(easel.palette.land("2f4f4a", 1.0), easel.palette.shade, 0.45)
    for rank, place in enumerate((0.2, 0.115, 0.015)):
        tall = sheet.unit * (0.3, 0.5, 0.82)[rank] * dice.uniform(0.9, 1.1)
        shape = conifer(dice)
        x = sheet.width * (place if left else 1 - place)
        points: Line = np.stack([x + shape[:, 0] * tall * 0.92, sheet.height * 1.03 - shape[:, 1] * tall], 1)
        colour = lighter(shade, 0.035 * (2 - rank))
        box = (float(points[:, 0].min()), float(points[:, 1].min()), float(points[:, 0].max()), float(sheet.height))
        mask = sheet.polygons(box, [points])
        if easel.scene.manner.shadows:
            sheet.shade(mask, -sheet.unit * 0.006, sheet.unit * 0.008, easel.palette.shade, 0.5)
        sheet.lay(mask, colour)

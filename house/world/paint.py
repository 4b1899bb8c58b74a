"""A picture from its attributes and a seed."""

from __future__ import annotations

import math

import numpy as np
import skia
from numpy.typing import NDArray

from house.world.face import Face, face_of
from house.world.fields import SHAPES, Attributes
from house.world.pen import Pen
from house.world.portrait import portrait
from house.world.scene import scene

Picture = NDArray[np.uint8]


def paint(
    a: Attributes, seed: int = 0, *, size: tuple[int, int] = SHAPES["square"], face: Face | None = None
) -> Picture:
    """The picture as height by width by 3; `face` holds the measures of a known person instead of the seed's."""
    width, height = size
    pixels: NDArray[np.uint8] = np.empty((height, width, 4), np.uint8)
    info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    canvas = skia.Surface.MakeRasterDirect(info, pixels).getCanvas()
    unit = math.sqrt(width * height)
    canvas.scale(unit, unit)
    pen = Pen(canvas, a["art"])
    if a["kind"] == "scene":
        scene(pen, seed, a, width / unit, height / unit)
    else:
        portrait(pen, seed, a, face or face_of(seed), width / unit, height / unit)
    return np.ascontiguousarray(pixels[:, :, :3])

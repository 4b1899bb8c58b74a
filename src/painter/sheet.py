"""The paper under the brush: a picture on which stencilled shapes are laid, each edge smooth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .colour import Lab, along, exact, rgb
from .curves import Line, Points

Box = tuple[float, float, float, float]


class Pen:
    """Draws on a stencil that is several times finer than the picture."""

    def __init__(self, image: Image.Image, left: int, top: int, fine: int) -> None:
        self._draw = ImageDraw.Draw(image)
        self._left, self._top, self._fine = left, top, fine

    def _flat(self, points: Points) -> list[float]:
        moved = (np.asarray(points, float) - (self._left, self._top)) * self._fine
        flat: list[float] = np.clip(moved, -3e4, 6e4).ravel().tolist()
        return flat

    def polygon(self, points: Points, ink: int = 255) -> None:
        """Fill an outline."""
        self._draw.polygon(self._flat(points), fill=ink)

    def disc(self, x: float, y: float, wide: float, tall: float | None = None, ink: int = 255) -> None:
        """Fill an ellipse by its centre and radii."""
        tall = wide if tall is None else tall
        x0, y0, x1, y1 = self._flat([(x - abs(wide), y - abs(tall)), (x + abs(wide), y + abs(tall))])
        self._draw.ellipse((x0, y0, x1, y1), fill=ink)

    def stroke(self, points: Points, width: float, ink: int = 255, *, round_ends: bool = True) -> None:
        """Draw along a line."""
        flat = self._flat(points)
        thick = max(1, round(width * self._fine))
        self._draw.line(flat, fill=ink, width=thick, joint="curve")
        if round_ends and thick > 2:
            r = thick / 2
            for x, y in (flat[:2], flat[-2:]):
                self._draw.ellipse((x - r, y - r, x + r, y + r), fill=ink)


@dataclass(frozen=True)
class Mask:
    """Where a shape covers the picture, and how much."""

    image: Image.Image
    left: int
    top: int

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height in pixels."""
        return self.image.size

    def within(self, other: Mask) -> Mask:
        """What this mask and another of the same place have in common."""
        return Mask(ImageChops.multiply(self.image, other.image), self.left, self.top)


class Sheet:
    """A picture in the making."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.unit = math.sqrt(width * height)
        self.picture = Image.new("RGB", (width, height), (240, 238, 232))

    def stencil(self, box: Box, draw: Callable[[Pen], None]) -> Mask | None:
        """Cut a mask inside a box (left, top, right, bottom); None when the box lies off the paper."""
        left, top = max(0, math.floor(box[0]) - 1), max(0, math.floor(box[1]) - 1)
        right, bottom = min(self.width, math.ceil(box[2]) + 1), min(self.height, math.ceil(box[3]) + 1)
        if right <= left or bottom <= top:
            return None
        area = (right - left) * (bottom - top)
        fine = 2 if area > 1_200_000 else 3 if area > 60_000 else 4
        big = Image.new("L", ((right - left) * fine, (bottom - top) * fine), 0)
        draw(Pen(big, left, top, fine))
        return Mask(big.reduce(fine), left, top)

    def polygons(self, box: Box, outlines: Sequence[Points]) -> Mask | None:
        """Cut a mask of outlines."""

        def draw(pen: Pen) -> None:
            for points in outlines:
                pen.polygon(points)

        return self.stencil(box, draw)

    def strokes(self, box: Box, lines: Sequence[Points], width: float) -> Mask | None:
        """Cut a mask of lines."""

        def draw(pen: Pen) -> None:
            for points in lines:
                pen.stroke(points, width)

        return self.stencil(box, draw)

    def dots(self, box: Box, spots: Sequence[tuple[float, ...]]) -> Mask | None:
        """Cut a mask of discs, each an x, a y and one or two radii."""

        def draw(pen: Pen) -> None:
            for spot in spots:
                pen.disc(spot[0], spot[1], spot[2], spot[3] if len(spot) > 3 else None)

        return self.stencil(box, draw)

    def lay(self, mask: Mask | None, fill: Lab | Image.Image, alpha: float = 1.0) -> None:
        """Lay paint through a mask."""
        if mask is None or alpha <= 0:
            return
        image = mask.image if alpha >= 1 else mask.image.point([round(level * alpha) for level in range(256)])
        paint = fill if isinstance(fill, Image.Image) else rgb(fill)
        self.picture.paste(paint, (mask.left, mask.top, mask.left + mask.size[0], mask.top + mask.size[1]), image)

    def shade(self, mask: Mask | None, drop: float, blur: float, colour: Lab, alpha: float) -> None:
        """Let a shape cast a soft shadow `drop` pixels down, as cut paper does."""
        if mask is None:
            return
        pad = math.ceil(blur * 2.5)
        step = max(1, min(4, int(blur / 1.5)))
        wide, tall = mask.size[0] + 2 * pad, mask.size[1] + 2 * pad
        room = Image.new("L", (math.ceil(wide / step), math.ceil(tall / step)))
        small = mask.image.reduce(step) if step > 1 else mask.image
        room.paste(small, (pad // step, pad // step))
        soft = room.filter(ImageFilter.GaussianBlur(blur / step)).resize((wide, tall), Image.Resampling.BILINEAR)
        left, top = mask.left - pad + round(drop * 0.4), mask.top - pad + round(drop)
        crop = (max(0, -left), max(0, -top), min(wide, self.width - left), min(tall, self.height - top))
        if crop[2] > crop[0] and crop[3] > crop[1]:
            self.lay(Mask(soft.crop(crop), left + crop[0], top + crop[1]), colour, alpha)

    def glow(self, x: float, y: float, radius: float, colour: Lab, alpha: float, tall: float = 1.0) -> None:
        """Breathe light around a point, fading to nothing at the radius."""
        left, right = max(0, int(x - radius)), min(self.width, int(x + radius) + 1)
        top, bottom = max(0, int(y - radius * tall)), min(self.height, int(y + radius * tall) + 1)
        if right <= left or bottom <= top or radius < 1:
            return
        step = max(1, int(radius / 48))
        columns = (np.arange(left, right + step, step, dtype=np.float32) - x) / radius
        rows = (np.arange(top, bottom + step, step, dtype=np.float32) - y) / (radius * tall)
        far = np.minimum(np.hypot(columns[None, :], rows[:, None]), 1)
        light = ((1 - far) ** 2.2 * 255 * min(1.0, alpha)).astype(np.uint8)
        soft = Image.fromarray(light).resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        self.lay(Mask(soft, left, top), colour)

    def ramp(self, size: tuple[int, int], stops: list[Lab]) -> Image.Image:
        """A vertical gradient, dithered so that no band shows."""
        wide, tall = size
        knots = np.linspace(0, 1, 8 * len(stops))
        tints = np.array([exact(along(stops, float(knot))) for knot in knots])
        rows = np.linspace(0, 1, tall)
        levels = np.stack([np.interp(rows, knots, tints[:, part]) for part in range(3)], 1).astype(np.float32)
        noise = np.array([0.0, 0.5, 0.75, 0.25, 0.125, 0.625, 0.875, 0.375], np.float32)
        tile = levels[:, None, :] + np.stack([np.roll(noise, row * 3) for row in range(tall)])[:, :, None]
        strip = np.tile(np.minimum(tile, 255).astype(np.uint8), (1, math.ceil(wide / 8), 1))[:, :wide]
        return Image.fromarray(np.ascontiguousarray(strip))


def bounds(points: Points, pad: float = 0.0) -> Box:
    """The box around some points."""
    spots: Line = np.asarray(points, float)
    (x0, y0), (x1, y1) = spots.min(0), spots.max(0)
    return float(x0) - pad, float(y0) - pad, float(x1) + pad, float(y1) + pad

"""The hand that draws: the same shapes as a flat poster, cut paper, ink on paper, or soft gradients.

Lengths are in units of the square root of the picture's area, so that things keep their size in every format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import skia

from house.world.colour import INK, Colour, darker, lighter

Point = tuple[float, float]
OUTLINE = 0.0075  # in ink; what is far away has none
SHADOWS = [(skia.Paint(AntiAlias=True, Color=skia.Color(20, 8, 36, 52)), share) for share in (0.4, 0.8, 1.2)]


@lru_cache(maxsize=16384)
def _paint(red: int, green: int, blue: int, alpha: int, stroke: float) -> Any:
    paint = skia.Paint(AntiAlias=True, Color=skia.Color(red, green, blue, alpha))
    if stroke:
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(stroke)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
    return paint


def paint_of(colour: Colour, alpha: float = 255, stroke: float = 0.0) -> Any:
    """A shared paint: never change it."""
    return _paint(int(colour[0]), int(colour[1]), int(colour[2]), int(alpha), round(stroke, 4))


def polygon(points: Iterable[Point]) -> Any:
    path = skia.Path()
    path.addPoly([skia.Point(x, y) for x, y in points], True)
    return path


def oval(x: float, y: float, rx: float, ry: float) -> Any:
    path = skia.Path()
    path.addOval(skia.Rect(x - rx, y - ry, x + rx, y + ry))
    return path


def box(left: float, top: float, right: float, bottom: float, corner: float = 0.0) -> Any:
    path = skia.Path()
    path.addRoundRect(skia.Rect(left, top, right, bottom), corner, corner)
    return path


def blob(points: Sequence[Point]) -> Any:
    """A smooth closed path through the middles between the given corners."""
    path = skia.Path()
    last, first = points[-1], points[0]
    path.moveTo((last[0] + first[0]) / 2, (last[1] + first[1]) / 2)
    for here, after in zip(points, [*points[1:], first], strict=True):
        path.quadTo(here[0], here[1], (here[0] + after[0]) / 2, (here[1] + after[1]) / 2)
    path.close()
    return path


def heap(circles: Iterable[tuple[float, float, float]]) -> Any:
    """Circles (x, y, radius) merged into one shape."""
    path = skia.Path()
    for x, y, radius in circles:
        path.addCircle(x, y, radius)
    return merged(path)


def merged(path: Any) -> Any:
    """A path without its inner lines; as it is, in the few cases that skia can't solve."""
    try:
        return skia.Simplify(path)
    except RuntimeError:
        return path


def curve(*points: Point) -> Any:
    """An open path: a start, then pairs of a pull and a stop."""
    path = skia.Path()
    path.moveTo(*points[0])
    for pull, stop in zip(points[1::2], points[2::2], strict=True):
        path.quadTo(pull[0], pull[1], stop[0], stop[1])
    return path


def arc(x: float, y: float, radius: float, start: float, sweep: float) -> Any:
    path = skia.Path()
    path.addArc(skia.Rect(x - radius, y - radius, x + radius, y + radius), start, sweep)
    return path


class Pen:
    """Draws shapes in one art style on one canvas."""

    def __init__(self, canvas: Any, art: str) -> None:
        self.canvas = canvas
        self.art = art

    def shape(self, path: Any, colour: Colour, *, line: float = OUTLINE, lift: float = 1.0, alpha: float = 255) -> None:
        """Fill a shape; `line` is its outline in ink, `lift` how far it stands off in cut paper."""
        if self.art == "paper" and lift:
            for paint, share in SHADOWS if lift > 0.5 else SHADOWS[1:2]:  # steps are faster than a blur, and as soft
                with self.moved(0.012 * share * lift, 0.012 * share * lift):
                    self.canvas.drawPath(path, paint)
        if self.art == "soft":
            self.canvas.drawPath(path, self._gradient(path, colour, alpha))
        else:
            self.canvas.drawPath(path, paint_of(colour, alpha))
        if self.art == "paper" and lift > 0.5:
            self.canvas.drawPath(path, paint_of(lighter(colour, 0.4), 140, 0.004))
        if self.art == "ink" and line:
            self.canvas.drawPath(path, paint_of(INK, 255, line))

    def flat(self, path: Any, colour: Colour, alpha: float = 255) -> None:
        """Fill a detail, alike in every style."""
        self.canvas.drawPath(path, paint_of(colour, alpha))

    def line(self, path: Any, colour: Colour, width: float, alpha: float = 255) -> None:
        self.canvas.drawPath(path, paint_of(colour, alpha, width))

    def stroke(self, a: Point, b: Point, colour: Colour, width: float, alpha: float = 255) -> None:
        self.canvas.drawLine(a[0], a[1], b[0], b[1], paint_of(colour, alpha, width))

    def dot(self, x: float, y: float, radius: float, colour: Colour, alpha: float = 255) -> None:
        self.canvas.drawCircle(x, y, radius, paint_of(colour, alpha))

    def shade(self, path: Any, strength: float = 0.2, colour: Colour = (24, 10, 40)) -> None:
        """Darken a part by a plain tone: hatching would be finer than the autoencoder's latents hold."""
        self.flat(path, colour, 255 * strength)

    def glow(self, x: float, y: float, radius: float, colour: Colour, alpha: float) -> None:
        """A soft light round a point."""
        red, green, blue = (int(part) for part in colour)
        ends = [skia.Color(red, green, blue, int(alpha)), skia.Color(red, green, blue, 0)]
        shader = skia.GradientShader.MakeRadial(skia.Point(x, y), radius, ends)
        self.canvas.drawCircle(x, y, radius, skia.Paint(AntiAlias=True, Shader=shader))

    def wash(self, left: float, top: float, right: float, bottom: float, colours: list[Colour]) -> None:
        """A rectangle that runs through several colours from top to bottom."""
        stops = [skia.Color(*(int(part) for part in colour)) for colour in colours]
        shader = skia.GradientShader.MakeLinear([skia.Point(0, top), skia.Point(0, bottom)], stops)
        self.canvas.drawRect(skia.Rect(left, top, right, bottom), skia.Paint(Shader=shader))

    @contextmanager
    def moved(self, x: float, y: float, turn: float = 0.0, at: Point = (0.0, 0.0)) -> Iterator[None]:
        """Draw shifted, and turned by degrees about a point."""
        self.canvas.save()
        self.canvas.translate(x, y)
        if turn:
            self.canvas.rotate(turn, *at)
        yield
        self.canvas.restore()

    @contextmanager
    def inside(self, path: Any) -> Iterator[None]:
        """Draw only within a shape."""
        self.canvas.save()
        self.canvas.clipPath(path, skia.ClipOp.kIntersect, True)
        yield
        self.canvas.restore()

    def _gradient(self, path: Any, colour: Colour, alpha: float) -> Any:
        bounds = path.getBounds()
        ends = [lighter(colour, 0.2), colour, darker(colour, 0.2)]
        stops = [skia.Color(*(int(part) for part in end), int(alpha)) for end in ends]
        line = [
            skia.Point(bounds.left(), bounds.top()),
            skia.Point(bounds.left() * 0.4 + bounds.right() * 0.6, bounds.bottom()),
        ]
        return skia.Paint(AntiAlias=True, Shader=skia.GradientShader.MakeLinear(line, stops))

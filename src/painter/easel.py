"""Everything that a painter of one element needs: the sheet, the colours, the decisions and its own dice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from .chance import dice_for
from .colour import Lab, lab, lighter, mix
from .curves import Line, Points, smooth
from .palette import NAMED, Palette
from .scene import Ground, Scene
from .sheet import Mask, Pen, Sheet, bounds
from .wish import Thing


@dataclass
class Easel:
    """One picture being painted."""

    sheet: Sheet
    palette: Palette
    scene: Scene
    seed: int
    grounds: tuple[Ground, ...] = ()
    light: tuple[float, float] = (0.5, 0.3)

    def indoors(self) -> Easel:
        """The same easel in a room, where lamps keep the colours awake."""
        hour = replace(self.palette.hour, dark=self.palette.hour.dark * 0.32)
        return replace(self, palette=replace(self.palette, hour=hour, _stops=[]))

    def random(self, name: str) -> random.Random:
        """Dice that belong to one element alone."""
        return dice_for(f"{self.seed}:{name}")

    @property
    def ink(self) -> Lab:
        """The colour of outlines."""
        return mix(lab(self.palette.hour.shade), lab("1d1b26"), 0.65)

    @property
    def water_line(self) -> float:
        """The height of the horizon in pixels."""
        return self.scene.horizon * self.sheet.height

    def brush(self, x: float, y: float, size: float, depth: float = 1.0, *, flip: bool = False) -> Brush:
        """A brush for an element whose origin is at (x, y) in pixels and whose unit is `size` pixels."""
        return Brush(self, x, y, size, depth, -1.0 if flip else 1.0)

    def afloat(self, brush: Brush, paint: Callable[[Brush], None]) -> None:
        """Paint something that stands in water, over its own reflection."""
        paint(replace(brush, mirror=True))
        paint(brush)

    def own(self, thing: Thing | None, otherwise: str) -> tuple[Lab, bool]:
        """The colour that the wish bound to a thing, and whether it did; else the painter's choice."""
        if thing is not None and thing.colour is not None:
            return lab(NAMED[thing.colour]), True
        return lab(otherwise), False


@dataclass(frozen=True)
class Brush:
    """Paints in an element's own coordinates: x to the right, y up, from its origin."""

    easel: Easel
    x: float
    y: float
    size: float
    depth: float = 1.0
    turn: float = 1.0
    mirror: bool = False

    def spots(self, points: Points) -> Line:
        """An element's points on the paper."""
        local = np.asarray(points, float)
        up = 0.9 if self.mirror else -1.0
        placed: Line = np.stack(
            [self.x + self.turn * self.size * local[:, 0], self.y + up * self.size * local[:, 1]], axis=1
        )
        return placed

    def tone(self, colour: str | Lab, *, own: bool = False, raw: bool = False) -> Lab:
        """A colour as it looks here and now."""
        if raw:
            tone = lab(colour) if isinstance(colour, str) else colour
        else:
            tone = self.easel.palette.lit(colour, self.depth, own=own)
        return tone

    def polygon(
        self,
        points: Points,
        colour: str | Lab,
        *,
        own: bool = False,
        raw: bool = False,
        alpha: float = 1.0,
        lift: float = 0.0,
    ) -> None:
        """Fill an outline."""
        self.shapes([points], colour, own=own, raw=raw, alpha=alpha, lift=lift)

    def blob(
        self,
        points: Points,
        colour: str | Lab,
        *,
        own: bool = False,
        raw: bool = False,
        alpha: float = 1.0,
        lift: float = 0.0,
    ) -> None:
        """Fill a smooth closed outline."""
        self.shapes([smooth(points)], colour, own=own, raw=raw, alpha=alpha, lift=lift)

    def disc(
        self,
        x: float,
        y: float,
        wide: float,
        colour: str | Lab,
        tall: float | None = None,
        *,
        own: bool = False,
        raw: bool = False,
        alpha: float = 1.0,
    ) -> None:
        """Fill an ellipse."""
        tall = wide if tall is None else tall
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        outline = np.stack([x + wide * np.cos(turn), y + tall * np.sin(turn)], 1)
        self.shapes([outline], colour, own=own, raw=raw, alpha=alpha)

    def shapes(
        self,
        outlines: Iterable[Points],
        colour: str | Lab,
        *,
        own: bool = False,
        raw: bool = False,
        alpha: float = 1.0,
        lift: float = 0.0,
        outline: bool = True,
    ) -> None:
        """Fill several outlines with one colour at once."""
        placed = [self.spots(points) for points in outlines]
        if not placed:
            return

        def draw(pen: Pen) -> None:
            for points in placed:
                pen.polygon(points)

        self._lay(placed, draw, self.tone(colour, own=own, raw=raw), alpha, lift, pad=1)
        manner = self.easel.scene.manner
        if manner.outlines and outline and not self.mirror and alpha > 0.5 and self.size > 6:
            width = max(0.7, self.easel.sheet.unit * 0.0021)
            ink = mix(self.easel.ink, self.easel.palette.haze, 0.5 * (1 - self.depth))
            closed = [np.vstack([points, points[:1]]) for points in placed]
            sheet = self.easel.sheet
            sheet.lay(sheet.strokes(bounds(np.vstack(closed), width + 1), closed, width), ink, 0.92)

    def lines(
        self,
        lines: Iterable[Points],
        width: float,
        colour: str | Lab,
        *,
        own: bool = False,
        raw: bool = False,
        alpha: float = 1.0,
        finest: float = 0.75,
    ) -> None:
        """Draw lines of a width in the element's unit, never thinner than can be seen."""
        placed = [self.spots(points) for points in lines]
        if not placed:
            return
        wide = width * self.size
        alpha *= min(1.0, max(0.35, wide / finest))
        wide = max(wide, finest)

        def draw(pen: Pen) -> None:
            for points in placed:
                pen.stroke(points, wide)

        self._lay(placed, draw, self.tone(colour, own=own, raw=raw), alpha, 0.0, pad=wide)

    def glow(self, x: float, y: float, radius: float, colour: Lab, alpha: float) -> None:
        """Breathe light."""
        ((px, py),) = self.spots([(x, y)])
        self.easel.sheet.glow(float(px), float(py), radius * self.size, colour, alpha * (0.5 if self.mirror else 1))

    def _lay(
        self, placed: list[Line], draw: Callable[[Pen], None], colour: Lab, alpha: float, lift: float, pad: float
    ) -> None:
        sheet = self.easel.sheet
        mask = sheet.stencil(bounds(np.vstack(placed), pad + 1), draw)
        if mask is None:
            return
        if self.mirror:
            sheet.lay(_rippled(mask, self.y, sheet.unit), mix(colour, self.easel.palette.shade, 0.25), alpha * 0.5)
            return
        if self.easel.scene.manner.shadows and lift >= 0 and alpha > 0.5:
            reach = sheet.unit * (0.0035 + 0.004 * lift)
            sheet.shade(mask, reach, reach * 1.3, lighter(self.easel.palette.shade, -0.08), 0.4)
        sheet.lay(mask, colour, alpha)


def _rippled(mask: Mask, line: float, unit: float) -> Mask:
    """A reflection's mask, torn into ripples and fading away from the water line."""
    cover = np.asarray(mask.image)
    tall, wide = cover.shape
    rows = np.arange(tall) + mask.top - line
    far = np.clip(rows / (unit * 0.2), 0, 1)
    swing = np.sin(rows / unit * 260 + 6 * np.sin(rows / unit * 41)) * (0.001 + 0.006 * far) * unit
    columns = np.clip(np.arange(wide)[None, :] + swing[:, None].astype(int), 0, wide - 1)
    gaps = 0.5 + 0.5 * np.sin(rows / unit * 330 + 4 * np.sin(rows / unit * 57))
    keep = (1 - far) ** 1.2 * np.clip(1.15 - far * 0.6 - 0.75 * gaps * np.clip(far * 5, 0.1, 1), 0, 1) * (rows >= -1)
    torn = (np.take_along_axis(cover, columns, 1) * keep[:, None]).astype(np.uint8)
    return Mask(Image.fromarray(torn), mask.left, mask.top)

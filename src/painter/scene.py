"""What a picture shows, decided before the first stroke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .curves import Line
from .wish import Thing, Wish

Kind = Literal["landscape", "portrait", "sill", "still", "abstract"]


@dataclass(frozen=True)
class Ground:
    """One layer of land: its skyline in pixels from the left edge to the right, and how near it is."""

    name: str
    kind: str
    depth: float
    skyline: Line
    foot: float
    tops: tuple[float, ...] = ()

    def at(self, x: float, width: int) -> float:
        """The height of the skyline at a place, in pixels from the top."""
        spots = np.linspace(0, width, len(self.skyline))
        return float(np.interp(x, spots, self.skyline))


@dataclass(frozen=True)
class Manner:
    """How the style handles every shape."""

    shadows: bool = False
    outlines: bool = False
    flat: bool = False
    angular: bool = False
    sparse: bool = False
    margin: bool = False
    finish: str = "print"


@dataclass(frozen=True)
class Scene:
    """A picture, decided."""

    wish: Wish
    kind: Kind
    hour: str
    weather: frozenset[str]
    ground: str
    water: str | None
    horizon: float
    things: tuple[Thing, ...]
    manner: Manner
    season: str

    def thing(self, *kinds: str) -> Thing | None:
        """The first thing of one of these kinds, if it is wanted."""
        return next((thing for thing in self.things if thing.kind in kinds), None)

    @property
    def dark(self) -> bool:
        """Whether it is so dark that windows are lit."""
        return self.hour in {"night", "dusk", "neon", "space", "storm", "rain"}

"""The measures of one face that no caption names: they make two people with the same words differ."""

from __future__ import annotations

from dataclasses import dataclass

from house.world.pen import Point
from house.world.streams import stream


@dataclass(frozen=True)
class Face:
    """What stays the same in every picture of one person, beside the attributes that words can name."""

    wide: float
    tall: float
    eye_gap: float
    eye_size: float
    eye_slant: float
    brow_lift: float
    brow_slant: float
    nose_long: float
    nose_wide: float
    mouth_wide: float
    mouth_low: float
    lip_full: float
    ear: float
    blush: float
    freckles: bool
    mole: int
    parting: int
    volume: float


def face_of(seed: int) -> Face:
    """The face that belongs to a seed."""
    rng = stream(seed, "face")
    return Face(
        wide=rng.uniform(0.96, 1.05),
        tall=rng.uniform(0.96, 1.05),
        eye_gap=rng.uniform(0.42, 0.5),
        eye_size=rng.uniform(0.96, 1.16),
        eye_slant=rng.uniform(-0.12, 0.2),
        brow_lift=rng.uniform(-0.03, 0.06),
        brow_slant=rng.uniform(-0.05, 0.07),
        nose_long=rng.uniform(0.32, 0.5),
        nose_wide=rng.uniform(0.1, 0.21),
        mouth_wide=rng.uniform(0.38, 0.5),
        mouth_low=rng.uniform(0.6, 0.68),
        lip_full=rng.uniform(0.8, 1.3),
        ear=rng.uniform(0.85, 1.2),
        blush=rng.choice([0.0, 40.0, 80.0]),
        freckles=rng.random() < 0.22,
        mole=rng.choice([-1, 0, 0, 0, 1]),
        parting=rng.choice([-1, 1]),
        volume=rng.uniform(0.92, 1.1),
    )


# Half width, half height, then jaw and chin as shares of the half width
OUTLINES = {
    "round": (0.186, 0.205, 0.93, 0.5),
    "long": (0.154, 0.24, 0.8, 0.42),
    "square": (0.174, 0.216, 0.99, 0.62),
    "pointed": (0.177, 0.226, 0.62, 0.14),
}


@dataclass(frozen=True)
class Head:
    """Where a head is: points are given in half widths and half heights from its middle."""

    x: float
    y: float
    w: float
    h: float
    jaw: float
    chin: float
    turn: float

    def at(self, u: float, v: float) -> Point:
        return self.x + u * self.w, self.y + v * self.h

    def all(self, *points: Point) -> list[Point]:
        return [self.at(u, v) for u, v in points]

    def front(self, u: float, v: float) -> Point:
        """A point of the face itself, which moves and narrows as the head turns."""
        depth = 0.24 * (1 - 0.25 * abs(v))
        squeeze = 1 - 0.16 * max(0.0, u * self.turn) if self.turn else 1.0
        return self.x + (u * squeeze + self.turn * depth) * self.w, self.y + v * self.h


def head_of(shape: str, face: Face, x: float, y: float, turn: float) -> Head:
    wide, tall, jaw, chin = OUTLINES[shape]
    return Head(x, y, wide * face.wide, tall * face.tall, jaw, chin, turn)

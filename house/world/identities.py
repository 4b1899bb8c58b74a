"""Identities: one face under changing backgrounds, clothes, poses and lights."""

from __future__ import annotations

import random
from dataclasses import dataclass

from house.world.face import Face, face_of
from house.world.fields import IDENTITY, SHAPES, Attributes
from house.world.paint import Picture, paint
from house.world.rules import tidy
from house.world.sample import pick, sample


@dataclass(frozen=True)
class Person:
    """What stays the same: named attributes and unnamed measures."""

    seed: int
    attributes: Attributes
    face: Face

    def outfit(self, rng: random.Random, *, hats: float = 0.2, art: str | None = None) -> Attributes:
        """This person in other clothes, another place, pose and light; `hats` is the share that wears one."""
        a = sample(rng, "person", None) | self.attributes
        a |= {
            "art": art or a["art"],
            "hat": pick(rng, "hat", {"hat": ("none", 1 - hats)}),
            "hat_colour": pick(rng, "hat_colour"),
        }
        if a["cut"] in ("short", "bun", "bald"):
            a["hat"] = "none"  # a hat would hide or change the hair, and with it the likeness
        return tidy(a)

    def paint(self, a: Attributes, seed: int, *, size: tuple[int, int] = SHAPES["square"]) -> Picture:
        return paint(a, seed, size=size, face=self.face)


def person(seed: int) -> Person:
    """The person that belongs to a seed."""
    rng = random.Random(f"{seed} person")
    a = sample(rng, "person", None)
    if a["glasses"] == "sunglasses":
        a["glasses"] = "round"  # eyes are part of a likeness
    return Person(seed, {field: a[field] for field in IDENTITY}, face_of(seed))

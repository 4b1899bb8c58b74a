"""A random stream for each element of a picture, so that a change to one moves no other."""

from __future__ import annotations

import random


def stream(seed: int, name: str) -> random.Random:
    """The numbers that belong to one element of one picture."""
    return random.Random(f"{seed} {name}")

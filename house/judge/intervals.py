"""Shares with their confidence intervals, where answers come in bunches: several from one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """A share of right answers, its 95 % interval, and how many pictures it is of."""

    value: float
    low: float
    high: float
    pictures: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f}, n = {self.pictures})"


def share(bunches: Sequence[tuple[int, int]]) -> Share:
    """Of (right, asked) for each picture; pictures are independent, answers of one picture are not.

    The spread is that of a ratio (Cochran, Sampling Techniques, 2.11), widened as Wilson does where all are right.
    """
    asked = sum(n for _, n in bunches)
    if not asked:
        return Share(math.nan, math.nan, math.nan, 0)
    p, count = sum(right for right, _ in bunches) / asked, len(bunches)
    spread = sum((right - p * n) ** 2 for right, n in bunches) / asked**2
    plain = p * (1 - p) / asked
    effect = max(1.0, spread / plain) if plain > 0 else asked / count  # all right: each picture is one answer
    n, z = asked / effect, 1.96
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return Share(p, max(0.0, low), min(1.0, high), count)

"""Shares with their confidence intervals, where answers come in bunches: several from one picture."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

Z = 1.96  # of a normal distribution, 95 % lies nearer than this


@dataclass(frozen=True)
class Share:
    """A share of right answers, its 95 % interval, and how many pictures it is of."""

    value: float
    low: float
    high: float
    pictures: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f}, n = {self.pictures})"


def share(bunches: Sequence[tuple[int, int]], whose: Sequence[Hashable] | None = None) -> Share:
    """Of (right, asked) for each picture; pictures are independent, answers of one picture are not.

    Where pictures share a fate too, as those of one learned face do, `whose` says which ones: then faces are
    independent, and a few of them tell little. The spread is that of a ratio (Cochran, Sampling Techniques, 2.11),
    widened as Wilson does where all are right, and as Student does where there are few.
    """
    asked = sum(n for _, n in bunches)
    if not asked:
        return Share(math.nan, math.nan, math.nan, 0)
    groups = _together(bunches, whose) if whose is not None else list(bunches)
    p, count = sum(right for right, _ in groups) / asked, len(groups)
    if count < 2:
        return Share(p, 0.0, 1.0, len(bunches))
    spread = count / (count - 1) * sum((right - p * n) ** 2 for right, n in groups) / asked**2
    plain = p * (1 - p) / asked
    effect = max(1.0, spread / plain) if plain > 0 else asked / count  # all right: each group is one answer
    n, z = asked / effect, student(count - 1)
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return Share(p, max(0.0, low), min(1.0, high), len(bunches))


def student(freedom: int) -> float:
    """The two-sided 95 % quantile of Student's distribution (Abramowitz and Stegun, 26.7.5; exact to .01 from 5 on)."""
    z, v = Z, freedom
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def _together(bunches: Sequence[tuple[int, int]], whose: Sequence[Hashable]) -> list[tuple[int, int]]:
    sums: dict[Hashable, tuple[int, int]] = {}
    for (right, asked), one in zip(bunches, whose, strict=True):
        before = sums.get(one, (0, 0))
        sums[one] = (before[0] + right, before[1] + asked)
    return list(sums.values())

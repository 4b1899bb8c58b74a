"""The limits in force: how often whom may do what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atelier.limits import Limit, Limiter, Per
from atelier.limits.limit import LIMITS


@dataclass(frozen=True, slots=True)
class InForce:
    """A limit as it counts now: "10 a minute" for each rate; `own`: the operator's settings say so."""

    name: str
    per: Per
    rates: Sequence[tuple[int, int]]  # how many in how many seconds
    own: bool
    routes: int


def in_force(limiter: Limiter, used: Sequence[Limit]) -> list[InForce]:
    """Every limit that a route or a door has, the settable ones first."""
    counted: dict[Limit, int] = dict.fromkeys(LIMITS.values(), 0)
    for limit in used:
        counted[limit] = counted.get(limit, 0) + 1
    return [
        InForce(
            limit.name,
            limit.per,
            [(rate.amount, rate.get_expiry()) for rate in limiter.in_force(limit)],
            limiter.rates(limit) != limit.rates,
            routes,
        )
        for limit, routes in counted.items()
        if limit.rates
    ]

"""Where a caller stands, as answers say it: `RateLimit` and `RateLimit-Policy`.

As draft-ietf-httpapi-ratelimit-headers-10 has them, lists of RFC 9651: a name in quotes, then `q` (how many), `w` (in
how many seconds), `r` (left) and `t` (seconds until there is one more).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from atelier.limits.limit import Standing


class Headers(Protocol):
    """What headers can be put into."""

    def __setitem__(self, key: str, value: str, /) -> None: ...


POLICY, STANDING = "RateLimit-Policy", "RateLimit"


def put(headers: Headers, standings: Sequence[Standing]) -> None:
    """Say where the caller stands with each rate."""
    if standings:
        names = [_name(standing, place) for place, standing in enumerate(standings)]
        headers[POLICY] = ", ".join(
            f"{name};q={each.quota};w={each.window}" for name, each in zip(names, standings, strict=True)
        )
        headers[STANDING] = ", ".join(
            f"{name};r={each.left};t={each.reset}" for name, each in zip(names, standings, strict=True)
        )


def _name(standing: Standing, place: int) -> str:
    return f'"{standing.name}"' if place == 0 else f'"{standing.name}-{place + 1}"'

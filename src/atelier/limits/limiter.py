"""Counts hits against limits: in Redis where one is named, in this process otherwise or when Redis is lost."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from atelier.base.errors import TooMany
from atelier.base.log import get_log
from atelier.limits.limit import Limit, Standing, items
from limits import RateLimitItem

PATIENCE = 0.3  # seconds in which Redis must answer


class Reached(TooMany):
    """A limit was reached; `standings` says where the caller stands with its rates."""

    def __init__(self, seconds: int, standings: tuple[Standing, ...]) -> None:
        super().__init__(seconds)
        self.standings = standings


class Limiter:
    """`hit` counts once or raises `TooMany`; it never fails open.

    A lost Redis is said in the log and in `degraded`. Until it answers again this process counts by itself, and lets
    half as much pass, because the others do the same.
    """

    def __init__(self, redis_url: str = "", rates: Mapping[str, str] | None = None, *, retry: float = 5) -> None:
        self._wait = retry
        self._rates = dict(rates or {})
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_redis(redis_url)) if redis_url else None
        self._retry_at = 0.0
        self.degraded = False

    def rates(self, limit: Limit) -> str:
        """The rates that were set: the operator's, else the limit's own."""
        return self._rates.get(limit.name, limit.rates)

    def first(self, limit: Limit) -> tuple[int, int]:
        """How much in how many seconds, by the first rate; for what is counted in the database."""
        (rate, *_) = items(self.rates(limit))
        return rate.amount, rate.get_expiry()

    def in_force(self, limit: Limit) -> tuple[RateLimitItem, ...]:
        """What is counted by just now: the rates, halved while Redis is lost."""
        return items(self.rates(limit), halved=self.degraded)

    @property
    def shared(self) -> bool:
        """Whether Redis was named, so that all processes count together."""
        return self._shared is not None

    async def hit(self, limit: Limit, who: str) -> tuple[Standing, ...]:
        """Count one use of `limit` by `who`, and say where they stand; `Reached` says when it will be allowed again."""
        found: list[Standing] = []
        for place in range(len(items(self.rates(limit)))):
            allowed, standing = await self._hit(limit, place, who)
            found.append(standing)
            if not allowed:
                raise Reached(max(1, standing.reset), tuple(found))
        return tuple(found)

    async def _hit(self, limit: Limit, place: int, who: str) -> tuple[bool, Standing]:
        if self._shared is not None and time.monotonic() >= self._retry_at:
            if self.degraded:
                self._retry_at = time.monotonic() + self._wait  # one request at a time finds out
            try:
                found = await self._ask(self._shared, limit, items(self.rates(limit))[place], who)
            except (StorageError, OSError) as error:
                self._retry_at = time.monotonic() + self._wait
                if not self.degraded:
                    get_log().error("limits:degraded", reason=type(error).__name__)
                self.degraded = True
            else:
                self._retry_at = 0.0
                if self.degraded:
                    get_log().info("limits:restored")
                self.degraded = False
                return found
        return await self._ask(self._own, limit, self.in_force(limit)[place], who)

    @staticmethod
    async def _ask(
        limiter: MovingWindowRateLimiter, limit: Limit, rate: RateLimitItem, who: str
    ) -> tuple[bool, Standing]:
        allowed = await limiter.hit(rate, limit.name, who)
        stats = await limiter.get_window_stats(rate, limit.name, who)
        reset = math.ceil(min(max(stats.reset_time - time.time(), 0), rate.get_expiry()))
        left = max(0, stats.remaining) if allowed else 0
        return allowed, Standing(limit.name, rate.amount, rate.get_expiry(), left, reset)


def _redis(url: str) -> Storage:
    return RedisStorage(
        f"async+{url}",
        implementation="redispy",
        wrap_exceptions=True,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
    )

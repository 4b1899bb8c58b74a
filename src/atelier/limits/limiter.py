"""Counts hits against limits: in Redis where one is named, in this process otherwise or when Redis is lost."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from atelier.base.errors import TooMany
from atelier.base.log import get_log
from atelier.limits.limit import Limit


class Limiter:
    """`hit` counts once or raises `TooMany`; a lost Redis is said in the log and in `degraded`, and never fails open."""

    def __init__(self, redis_url: str = "", rates: Mapping[str, str] | None = None, *, retry: float = 5) -> None:
        self._wait = retry
        self._rates = dict(rates or {})
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_redis(redis_url)) if redis_url else None
        self._retry_at = 0.0
        self.degraded = False

    def rates(self, limit: Limit) -> str:
        """The rates in force: the operator's, else the limit's own."""
        return self._rates.get(limit.name, limit.rates)

    async def hit(self, limit: Limit, who: str) -> None:
        """Count one use of `limit` by `who`; `TooMany` says in how many seconds it will be allowed again."""
        rates = self.rates(limit)
        for rate in parse_many(rates) if rates else ():
            allowed, reset = await self._hit(rate, limit.name, who)
            if not allowed:
                raise TooMany(max(1, math.ceil(reset - time.time())))

    async def _hit(self, rate: RateLimitItem, *who: str) -> tuple[bool, float]:
        if self._shared is not None and time.monotonic() >= self._retry_at:
            try:
                found = await self._ask(self._shared, rate, *who)
            except (StorageError, OSError) as error:
                self._retry_at = time.monotonic() + self._wait
                if not self.degraded:
                    get_log().error("limits:degraded", reason=str(error))
                self.degraded = True
            else:
                if self.degraded:
                    get_log().info("limits:restored")
                self.degraded = False
                return found
        return await self._ask(self._own, rate, *who)

    @staticmethod
    async def _ask(limiter: MovingWindowRateLimiter, rate: RateLimitItem, *who: str) -> tuple[bool, float]:
        allowed = await limiter.hit(rate, *who)
        return allowed, 0.0 if allowed else (await limiter.get_window_stats(rate, *who)).reset_time


def _redis(url: str) -> Storage:
    return RedisStorage(f"async+{url}", implementation="redispy", wrap_exceptions=True)

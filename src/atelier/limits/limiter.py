"""Counts hits against limits: in Redis where one is named, in this process otherwise or when Redis is lost."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from atelier.base.errors import TooMany
from atelier.base.log import get_log
from atelier.limits.limit import Limit, Standing, items
from atelier.limits.windows import Lost, OwnWindows, Window
from limits import RateLimitItem

if TYPE_CHECKING:
    from atelier.limits.shared import SharedWindows


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
        self._own = OwnWindows()
        self._shared = _shared(redis_url) if redis_url else None
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
            rate, window = await self._take(limit, place, who)
            reset = math.ceil(min(max(window.reset, 0), rate.get_expiry()))
            found.append(Standing(limit.name, rate.amount, rate.get_expiry(), window.left, reset))
            if not window.allowed:
                for earlier in range(place):  # what is refused uses up none of the limit's other rates
                    await self._give_back(limit, earlier, who)
                raise Reached(max(1, reset), tuple(found))
        return tuple(found)

    async def give_back(self, limit: Limit, who: str) -> None:
        """Take back one use that `hit` counted, because the request was refused before anything was done."""
        for place in range(len(items(self.rates(limit)))):
            await self._give_back(limit, place, who)

    async def _take(self, limit: Limit, place: int, who: str) -> tuple[RateLimitItem, Window]:
        if self._shared is not None and time.monotonic() >= self._retry_at:
            if self.degraded:
                self._retry_at = time.monotonic() + self._wait  # one request at a time finds out
            rate = items(self.rates(limit))[place]
            try:
                window = await self._shared.take(_key(limit, rate, who), rate.amount, rate.get_expiry())
            except Lost as error:
                self._lose(error)
            else:
                self._retry_at = 0.0
                if self.degraded:
                    get_log().info("limits:restored")
                self.degraded = False
                return rate, window
        rate = self.in_force(limit)[place]
        return rate, await self._own.take(_key(limit, rate, who), rate.amount, rate.get_expiry())

    async def _give_back(self, limit: Limit, place: int, who: str) -> None:
        if self._shared is not None and not self.degraded:
            try:
                await self._shared.give_back(_key(limit, items(self.rates(limit))[place], who))
            except Lost as error:
                self._lose(error)
        else:
            await self._own.give_back(_key(limit, self.in_force(limit)[place], who))

    def _lose(self, error: Lost) -> None:
        """Note that Redis does not answer; it is asked again after a while."""
        self._retry_at = time.monotonic() + self._wait
        if not self.degraded:
            get_log().error("limits:degraded", reason=str(error))
        self.degraded = True

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._shared is not None:
            await self._shared.close()


def _shared(redis_url: str) -> SharedWindows:
    from atelier.limits.shared import SharedWindows  # the client of Redis takes 10 MB, and most studios have no Redis

    return SharedWindows(redis_url)


def _key(limit: Limit, rate: RateLimitItem, who: str) -> str:
    return f"{limit.name}/{who}/{rate.amount}/{rate.get_expiry()}"

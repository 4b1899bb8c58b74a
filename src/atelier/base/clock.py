"""The time of day, always in UTC, by the clock of the studio's database.

What one process writes, another reads, maybe on another machine. So whatever has an age or an end goes by one clock,
the database's: in SQL as `now()`, here as `now`. A process asks the database for the time with each new connection and
every few seconds (`base/signals.py`), and counts on from the answer by a clock that nobody can set. What begins and
ends within one process takes `time.monotonic`.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

Fetch = Callable[[str], Awaitable[Any]]  # the one value that a query answers


def _steady() -> float:
    """Seconds on a clock that nobody can set, and that counts on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class DatabaseClock:
    """The database's clock as this process knows it; the machine's own until the database was first asked."""

    def __init__(self, steady: Callable[[], float] = _steady) -> None:
        self._steady = steady
        self._ahead: float | None = None  # the database's Unix seconds, less those of the steady clock

    async def synchronize(self, fetch: Fetch) -> None:
        """Ask the database for the time. The answer is off by half the time that it takes, at most."""
        before = self._steady()
        answer: datetime = await fetch("SELECT clock_timestamp()")
        self._ahead = answer.timestamp() - (before + self._steady()) / 2

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""
        if self._ahead is None:
            return machine_now()
        return datetime.fromtimestamp(self._steady() + self._ahead, UTC)


_clock = DatabaseClock()


async def synchronize(fetch: Fetch) -> None:
    """Set the clock of this process by the database that `fetch` asks."""
    await _clock.synchronize(fetch)


def now() -> datetime:
    """The present moment by the database's clock, aware and in UTC."""
    return _clock.now()


def machine_now() -> datetime:
    """The present moment by this machine's clock: only for what the same machine dated, as the files on its disk."""
    return datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251 - the one place that asks the machine

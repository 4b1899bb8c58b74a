"""Moving windows: how many uses there were in the last seconds. A step of a machine's clock does not disturb them.

A process counts its own by the monotonic clock. Processes that count together do so in Redis, by the clock of Redis.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

SWEPT = 8  # windows that each use looks at, to forget those that are empty


class Window(NamedTuple):
    """A window after one use: whether the use was allowed, how many are left, and in how many seconds one more is."""

    allowed: bool
    left: int
    reset: float


class Lost(Exception):
    """The windows cannot be reached; the message names the reason."""


class Windows(Protocol):
    """Counts uses by key."""

    async def take(self, key: str, most: int, seconds: int) -> Window:
        """Count one use, unless there were `most` in the last `seconds`."""
        ...

    async def give_back(self, key: str) -> None:
        """Take the newest use back, because it turned out not to count."""
        ...

    async def close(self) -> None: ...


class OwnWindows:
    """The windows of this process, in its memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._windows: OrderedDict[str, tuple[int, deque[float]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    async def take(self, key: str, most: int, seconds: int) -> Window:
        now = self.clock()
        self._sweep(now)
        _, uses = self._windows.pop(key, (seconds, deque()))
        self._windows[key] = (seconds, uses)
        while uses and uses[0] <= now - seconds:
            uses.popleft()
        allowed = len(uses) < most
        if allowed:
            uses.append(now)
        reset = uses[0] + seconds - now if uses else float(seconds)
        return Window(allowed, max(0, most - len(uses)), reset)

    async def give_back(self, key: str) -> None:
        if (found := self._windows.get(key)) is not None and found[1]:
            found[1].pop()

    async def close(self) -> None:
        self._windows.clear()

    def _sweep(self, now: float) -> None:
        """Forget a few windows that nobody used for longer than they last, the longest unused first."""
        for _ in range(min(SWEPT, len(self._windows))):
            key, (seconds, uses) = next(iter(self._windows.items()))
            if uses and uses[-1] > now - seconds:
                self._windows.move_to_end(key)
            else:
                del self._windows[key]

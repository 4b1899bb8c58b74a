"""How long one attempt may take: so long from one step to the next, and so long in all.

A slow machine is no fault of the run: what counts is that the engine goes on. Both times are this process's own
monotonic ones, so a clock that is set changes neither.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from atelier.engines import Made, Preview, Progress


class Deadline:
    """Ends the block with `TimeoutError` after `stall` seconds without progress, or `total` seconds after its start."""

    def __init__(self, *, stall: float, total: float) -> None:
        self._stall = stall
        self._total = total
        self._timeout = asyncio.timeout(None)
        self._end = 0.0
        self._steps: dict[int, int] = {}  # how far each file is

    async def __aenter__(self) -> Self:
        self._end = asyncio.get_running_loop().time() + self._total
        await self._timeout.__aenter__()
        self._more()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._timeout.__aexit__(kind, error, trace)

    def saw(self, made: Made) -> None:
        """Give the engine its time again if `made` is progress: a further step, or anything but a preview."""
        if isinstance(made, Progress):
            if made.step <= self._steps.get(made.position, -1):
                return
            self._steps[made.position] = made.step
        if not isinstance(made, Preview):
            self._more()

    @property
    def ends(self) -> float:
        """When the block ends if nothing happens until then, by the event loop's clock."""
        when = self._timeout.when()
        assert when is not None
        return when

    @property
    def expired(self) -> bool:
        """Whether this deadline ended the block, and not another `TimeoutError`."""
        return self._timeout.expired()

    @property
    def stalled(self) -> bool:
        """Whether progress was missing, and not the time in all."""
        return self.ends < self._end

    def _more(self) -> None:
        self._timeout.reschedule(min(asyncio.get_running_loop().time() + self._stall, self._end))

"""How long one attempt may take: from one step to the next, and in all."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from atelier.engines import Output, Preview, Progress
from atelier.spine.deadline import Deadline


async def test_each_step_gives_the_engine_its_time_again() -> None:
    async with Deadline(stall=10, total=1000) as deadline:
        began = deadline.ends
        await _a_moment()
        deadline.saw(Progress(0, 1, 4))
        assert deadline.ends > began
        after = deadline.ends
        await _a_moment()
        deadline.saw(Output(0, Path("a.png"), "image/png"))
        assert deadline.ends > after


@pytest.mark.parametrize("again", [Progress(0, 3, 4), Progress(0, 2, 4), Preview(0, b"")])
async def test_what_brings_nothing_new_gives_no_time(again: Progress | Preview) -> None:
    async with Deadline(stall=10, total=1000) as deadline:
        deadline.saw(Progress(0, 3, 4))
        ends = deadline.ends
        await _a_moment()
        deadline.saw(again)
        assert deadline.ends == ends


async def test_no_step_makes_an_attempt_longer_than_its_total() -> None:
    async with Deadline(stall=10, total=10) as deadline:
        ends = deadline.ends
        await _a_moment()
        deadline.saw(Progress(0, 1, 4))
        assert deadline.ends == ends


@pytest.mark.parametrize(("stall", "total", "stalled"), [(0.01, 10, True), (10, 0.01, False)])
async def test_an_end_says_which_time_was_over(stall: float, total: float, stalled: bool) -> None:
    deadline = Deadline(stall=stall, total=total)
    with pytest.raises(TimeoutError):
        async with deadline:
            await asyncio.Event().wait()
    assert (deadline.expired, deadline.stalled) == (True, stalled)


async def _a_moment() -> None:
    before = asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() == before:
        await asyncio.sleep(0)

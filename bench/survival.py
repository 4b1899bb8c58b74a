"""What becomes of fifty one-second jobs when their worker is killed."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

import asyncpg

from bench.load import submit
from bench.stacks import Ours, Stack

JOBS = 50
AT_ONCE = 8
BEFORE = 1.5  # seconds of work before the kill
STUCK = 20.0  # seconds without progress after which the rest is given up
LONGEST = 60.0

_LEFT = "SELECT count(*) FROM jobs WHERE id = ANY($1) AND state <> 'succeeded'"
_AGAIN = {
    "classic": "SELECT count(*) FROM jobs WHERE id = ANY($1) AND runs > 1",
    "ours": "SELECT count(*) FROM jobs WHERE id = ANY($1) AND attempt > 1",
}


async def survive(stack: Stack) -> dict[str, Any]:
    """Kill the worker among the jobs, start another at once, and wait until all is done or nothing moves any more."""
    worker = await asyncio.to_thread(stack.start_worker, AT_ONCE)
    try:
        database = await asyncpg.connect(stack.database)
        ids = await submit(stack.target(), 2, JOBS, seconds=1.0)
        await asyncio.sleep(BEFORE)
        worker.kill()
        killed = time.perf_counter()
        worker = await asyncio.to_thread(stack.start_worker, AT_ONCE)
        left, last = await _watch(database, ids, killed)
        again = await database.fetchval(_AGAIN["ours" if isinstance(stack, Ours) else "classic"], ids)
        await database.close()
    finally:
        worker.stop()
    waiting = stack.waiting() if left else 0
    return {
        "stack": stack.name,
        "jobs": JOBS,
        "lost for ever": left - min(left, waiting),
        "waiting up to an hour": min(left, waiting),
        "begun again": again,
        "all done after": "never" if left > waiting else "an hour" if left else f"{last:.1f} s",
    }


async def _watch(database: asyncpg.Connection[Any], ids: list[UUID], since: float) -> tuple[int, float]:
    """How many have not succeeded when nothing moves any more, and the seconds until the last one did."""
    left, moved = JOBS + 1, since
    while left and time.perf_counter() - moved < STUCK and time.perf_counter() - since < LONGEST:
        now_left = await database.fetchval(_LEFT, ids)
        if now_left < left:
            left, moved = now_left, time.perf_counter()
        await asyncio.sleep(0.05)
    return left, moved - since

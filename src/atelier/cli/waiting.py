"""Waiting for a job: its progress on the terminal, and a worker of our own where no other is alive."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Self
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import text

from atelier.base.db import Acting
from atelier.jobs import Job, State, cancel, find
from atelier.jobs.cancel import AlreadyOver
from atelier.jobs.rows import progress
from atelier.jobs.rules import STALLED
from atelier.jobs.tables import Progress as Step
from atelier.spine import Studio
from atelier.worker import work_until

TICK = 0.15
_ALIVE = text(
    "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :stalled))"
)


class Bar:
    """A progress bar on standard error, where a person sees it."""

    def __init__(self, *, quiet: bool) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        self._progress = Progress(
            *columns, TimeElapsedColumn(), console=console, transient=True, disable=quiet or not console.is_terminal
        )
        self._task = self._progress.add_task("Waiting", total=1.0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, job: Job, steps: dict[int, Step]) -> None:
        done = sum(step.step / max(1, step.steps) for step in steps.values()) / max(1, job.expected)
        words = "Waiting" if job.state == State.QUEUED else job.title[:40]
        self._progress.update(self._task, completed=done, description=words)


async def wait_for(studio: Studio, member_id: UUID, job_id: UUID, bar: Bar) -> Job:
    """The job when it is over. Being cancelled cancels the job and waits for its end."""
    stop = asyncio.Event()
    working: asyncio.Task[None] | None = None
    looked = 0.0
    try:
        while True:
            job = await _look(studio, member_id, job_id, bar)
            if job.over:
                return job
            if working is not None and working.done():
                await working
                working = None
            if working is None and time.monotonic() - looked > 1:
                looked = time.monotonic()
                if not await _worker_alive(studio):
                    working = asyncio.create_task(work_until(studio, stop, queues=[job.queue], concurrency=1))
            await asyncio.sleep(TICK)
    except asyncio.CancelledError:
        await _cancel(studio, member_id, job_id, bar)
        raise
    finally:
        stop.set()
        if working is not None:
            await working


async def _look(studio: Studio, member_id: UUID, job_id: UUID, bar: Bar) -> Job:
    async with studio.web_db.transaction(Acting.member(member_id)) as db:
        job = await find(db, job_id)
        steps = (await progress(db, [job_id]))[job_id]
    bar.show(job, steps)
    return job


async def _worker_alive(studio: Studio) -> bool:
    async with studio.worker_db.transaction(Acting.for_studio()) as db:
        return bool((await db.execute(_ALIVE, {"stalled": STALLED})).scalar_one())


async def _cancel(studio: Studio, member_id: UUID, job_id: UUID, bar: Bar) -> None:
    with contextlib.suppress(AlreadyOver):
        async with studio.web_db.transaction(Acting.member(member_id)) as db:
            await cancel(db, job_id)
    for _ in range(20):
        if (await _look(studio, member_id, job_id, bar)).over:
            return
        await asyncio.sleep(TICK)

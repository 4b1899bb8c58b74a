"""Inline jobs: a web process performs the job that it has begun, and streams what is made to whoever reads.

A reader who goes away ends nothing: the job is a task of the process. If the process dies, the rescue of any worker
finds that it gave no sign of life, and a worker takes the job.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from atelier.base.db import Acting
from atelier.base.log import get_log
from atelier.engines import Made
from atelier.jobs import Job
from atelier.jobs.background import Again
from atelier.jobs.queue import claim
from atelier.jobs.rules import HEARTBEAT
from atelier.jobs.worker import Stops
from atelier.spine.ending import Ending
from atelier.spine.finish import finish
from atelier.spine.perform import attempt
from atelier.spine.studio import Studio

CHANNEL = "atelier_cancel"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The job goes on without this process: a worker performs its next attempt."""


Told = Made | Ending | HandedOver


@dataclass(eq=False, slots=True)
class _Running:
    member_id: UUID
    told: list[Told] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False

    def tell(self, each: Told) -> None:
        self.told.append(each)
        self.more.set()


class InlineJobs:
    """The inline jobs of this process. `running` must be entered before any is started."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._stops = Stops(studio.worker_db)
        self._jobs: dict[UUID, _Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Perform jobs for as long as the block runs; those that are left then go to the workers."""
        end = self._studio.signals.listen(CHANNEL, self._stops.heard)
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            end()
            for task in (beating, *self._tasks):
                task.cancel()
            await asyncio.gather(beating, *self._tasks, return_exceptions=True)

    async def start(self, member_id: UUID, job_id: UUID) -> None:
        """Perform a job that was begun inline and committed. Does nothing for one that another process has."""
        if job_id in self._jobs:
            return
        job = await claim(self._studio.worker_db, job_id, member_id)
        if job is None:
            return
        running = self._jobs[job_id] = _Running(member_id)
        await self._mark_alive()

        async def tell(made: Made) -> None:
            running.tell(made)

        async def perform() -> None:
            try:
                ending = await attempt(self._studio, self._stops, job, tell)
                if await finish(self._studio.worker_db, job, ending):
                    running.tell(ending)
                else:
                    running.tell(HandedOver())
            except Again:
                await asyncio.shield(self._hand_over(member_id, job_id))
                running.tell(HandedOver())
            finally:
                running.over = True
                running.more.set()
                self._jobs.pop(job_id, None)

        task = asyncio.create_task(perform(), name=f"inline {job_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def follow(self, member_id: UUID, job_id: UUID) -> AsyncGenerator[Told]:
        """Everything that a running job of the member makes, from its start to its end; nothing if it is not here."""
        running = self._jobs.get(job_id)
        if running is None or running.member_id != member_id:
            return
        place = 0
        while True:
            running.more.clear()
            while place < len(running.told):
                yield running.told[place]
                place += 1
            if running.over:
                return
            await running.more.wait()

    async def _hand_over(self, member_id: UUID, job_id: UUID) -> None:
        async with self._studio.worker_db.transaction(Acting.member(member_id)) as db:
            waiting = select(Job.id).where(Job.id == job_id, Job.state == "queued").with_for_update()
            if (await db.execute(waiting)).scalar_one_or_none() is not None:
                await db.execute(text("SELECT enqueue_job(:job)"), {"job": job_id})

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            try:
                await self._mark_alive()
            except (SQLAlchemyError, OSError) as error:
                get_log().warning("inline:beat_lost", reason=str(error))

    async def _mark_alive(self) -> None:
        if not self._jobs:
            return
        async with self._studio.worker_db.transaction(Acting.for_studio()) as db:
            await db.execute(update(Job).where(Job.id.in_(list(self._jobs))).values(alive_at=func.now()))

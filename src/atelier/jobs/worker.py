"""A worker: takes jobs from its queues, performs them, stops them when asked, and rescues what others left."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from procrastinate import App
from sqlalchemy import select

from atelier.base.db import Acting, Database
from atelier.base.log import get_log
from atelier.base.signals import Signals
from atelier.jobs import background, rescue
from atelier.jobs.background import Reader, Round, go_round
from atelier.jobs.cancel import CHANNEL
from atelier.jobs.queue import Entries
from atelier.jobs.readers import read_forever
from atelier.jobs.rules import HEARTBEAT, STALLED
from atelier.jobs.tables import Job

LOOK_AGAIN = 2.0  # seconds between two questions whether there are new lanes
GRACE = 8.0  # seconds that running jobs get to finish when the worker is asked to stop


class Lane(NamedTuple):
    """Queues whose jobs share `places`: at most so many of them run at a time in one worker."""

    queues: tuple[str, ...]
    places: int


class Stops:
    """The running jobs of this worker, and the members' requests to stop them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: dict[UUID, asyncio.Task[object]] = {}
        self._asked: set[UUID] = set()
        self._looking: set[asyncio.Task[None]] = set()

    def asked(self, job_id: UUID) -> bool:
        """Whether a member asked to stop that job."""
        return job_id in self._asked

    @contextlib.contextmanager
    def watching(self, job_id: UUID, task: asyncio.Task[object]) -> Iterator[None]:
        """Cancel `task` when its member asks for it."""
        self._running[job_id] = task
        try:
            yield
        finally:
            self._running.pop(job_id, None)
            self._asked.discard(job_id)

    def heard(self, payload: str) -> None:
        """A signal came: a hint to look at one job's row, or at all of them after a reconnect (an empty payload).

        Anybody with a connection can send a signal, so it stops nothing by itself.
        """
        ids = list(self._running)
        if payload:
            ids = [job_id for job_id in ids if str(job_id) == payload and job_id not in self._asked]
        if ids:
            task = asyncio.get_running_loop().create_task(self._look(ids))
            self._looking.add(task)
            task.add_done_callback(self._looked)

    def _looked(self, task: asyncio.Task[None]) -> None:
        self._looking.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # the member's request stands in the row, and the next reconnect looks again
            get_log().warning("jobs:look_failed", reason=f"{type(error).__name__}: {error}")

    async def _look(self, ids: Sequence[UUID]) -> None:
        wanted = select(Job.id).where(Job.id.in_(ids), Job.cancel_requested_at.is_not(None))
        async with self._database.transaction(Acting.for_studio()) as db:
            for job_id in (await db.execute(wanted)).scalars():
                self._stop(job_id)

    def _stop(self, job_id: UUID) -> None:
        task = self._running.get(job_id)
        if task is not None and job_id not in self._asked:
            self._asked.add(job_id)
            task.cancel()


async def work(
    queue: App,
    database: Database,
    signals: Signals,
    stops: Stops,
    expire: rescue.Expire,
    *,
    lanes: Callable[[], Sequence[Lane]],
    stop: asyncio.Event,
    rounds: Sequence[Round] = (),
    readers: Sequence[Reader] = (),
    grace: float = GRACE,
) -> None:
    """Work until `stop` is set; then running jobs get a moment to finish, and go back into the queue otherwise.

    `lanes` is asked again every few seconds: a lane that it names later is begun then, one that it names no more stays.

    A database that goes away is waited for: the worker begins anew until it is asked to stop.
    """
    end = signals.listen(CHANNEL, stops.heard)
    going = asyncio.gather(go_round(rounds, database), read_forever(readers, database, signals))
    try:
        async with signals.running():
            while not stop.is_set():
                try:
                    await _work_until_lost(queue, database, expire, lanes, stop, grace)
                except Exception as error:  # whatever ended it, a worker that is not asked to stop goes on
                    get_log().error("worker:lost", reason=f"{type(error).__name__}: {error}")
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), 1.0)
    finally:
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going
        end()


async def _work_until_lost(
    queue: App,
    database: Database,
    expire: rescue.Expire,
    lanes: Callable[[], Sequence[Lane]],
    stop: asyncio.Event,
    grace: float,
) -> None:
    entries = queue.job_manager
    assert isinstance(entries, Entries)
    entries.begin()
    async with queue.open_async():
        await rescue.requeue_lost(database)
        working: dict[Lane, asyncio.Task[None]] = {}
        served: list[str] = []
        rescuing = asyncio.create_task(rescue.rescue_forever(queue, database, expire, served))
        stopping = asyncio.create_task(stop.wait())
        get_log().info("worker:started")
        try:
            done: set[asyncio.Task[Any]] = set()
            while not done:
                for lane in (*lanes(), Lane((background.QUEUE,), background.BACKGROUND_CONCURRENCY)):
                    if lane not in working:
                        working[lane] = asyncio.create_task(_lane(queue, lane, grace))
                        served.extend(lane.queues)
                        get_log().info("worker:lane", queues=list(lane.queues), places=lane.places)
                done, _ = await asyncio.wait(
                    {*working.values(), stopping}, timeout=LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            stopping.cancel()
            rescuing.cancel()
            for each in working.values():
                each.cancel()  # asks Procrastinate to stop in good order
            ended = await asyncio.gather(*working.values(), return_exceptions=True)
            with contextlib.suppress(asyncio.CancelledError):
                await rescuing
            get_log().info("worker:stopped")
        for error in ended:
            if isinstance(error, Exception):
                raise error


async def _lane(queue: App, lane: Lane, grace: float) -> None:
    await queue.run_worker_async(
        queues=list(lane.queues),
        concurrency=lane.places,
        delete_jobs="always",
        install_signal_handlers=False,
        listen_notify=True,
        fetch_job_polling_interval=1.0,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=STALLED,
        shutdown_graceful_timeout=grace,
    )

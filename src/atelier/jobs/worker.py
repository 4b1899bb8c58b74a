"""A worker: takes jobs from its queues, performs them, stops them when asked, and rescues what others left."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from uuid import UUID

from procrastinate import App
from sqlalchemy import select

from atelier.base.db import Acting, Database
from atelier.base.log import get_log
from atelier.base.signals import Signals
from atelier.jobs import background, rescue
from atelier.jobs.background import Round, go_round
from atelier.jobs.cancel import CHANNEL
from atelier.jobs.queue import Entries
from atelier.jobs.rules import HEARTBEAT, STALLED
from atelier.jobs.tables import Job

GRACE = 8.0  # seconds that running jobs get to finish when the worker is asked to stop


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
        """A signal came: the id of a job to stop, or nothing after a reconnect, when all must be looked at."""
        if payload:
            with contextlib.suppress(ValueError):
                self._stop(UUID(payload))
        elif self._running:
            task = asyncio.get_running_loop().create_task(self._look())
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)

    async def _look(self) -> None:
        ids = list(self._running)
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
    queues: Sequence[str],
    concurrency: int,
    stop: asyncio.Event,
    rounds: Sequence[Round] = (),
    grace: float = GRACE,
) -> None:
    """Work until `stop` is set; then running jobs get a moment to finish, and go back into the queue otherwise.

    A database that goes away is waited for: the worker begins anew until it is asked to stop.
    """
    end = signals.listen(CHANNEL, stops.heard)
    going = asyncio.create_task(go_round(rounds))
    try:
        async with signals.running():
            while not stop.is_set():
                try:
                    await _work_until_lost(queue, database, expire, queues, concurrency, stop, grace)
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
    queues: Sequence[str],
    concurrency: int,
    stop: asyncio.Event,
    grace: float,
) -> None:
    entries = queue.job_manager
    assert isinstance(entries, Entries)
    entries.begin()
    async with queue.open_async():
        await rescue.requeue_lost(database)
        lanes = [
            asyncio.create_task(_lane(queue, queues, concurrency, grace)),
            asyncio.create_task(_lane(queue, [background.QUEUE], background.LANES, grace)),
        ]
        rescuing = asyncio.create_task(rescue.rescue_forever(queue, database, expire, queues))
        stopping = asyncio.create_task(stop.wait())
        get_log().info("worker:started", queues=list(queues), concurrency=concurrency)
        try:
            await asyncio.wait({*lanes, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            rescuing.cancel()
            for lane in lanes:
                lane.cancel()  # asks Procrastinate to stop in good order
            ended = await asyncio.gather(*lanes, return_exceptions=True)
            with contextlib.suppress(asyncio.CancelledError):
                await rescuing
            get_log().info("worker:stopped")
        for error in ended:
            if isinstance(error, Exception):
                raise error


async def _lane(queue: App, queues: Sequence[str], concurrency: int, grace: float) -> None:
    await queue.run_worker_async(
        queues=list(queues),
        concurrency=concurrency,
        delete_jobs="always",
        install_signal_handlers=False,
        listen_notify=True,
        fetch_job_polling_interval=1.0,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=STALLED,
        shutdown_graceful_timeout=grace,
    )

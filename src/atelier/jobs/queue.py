"""The queue: Procrastinate on the worker role's own connections.

Web processes never open it: a job that they write is in the queue by that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job as QueueJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager, NotificationCallback
from procrastinate.utils import utcnow
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import URL, text

from atelier.base.db import Acting, Database, libpq_url
from atelier.base.signals import Signals
from atelier.jobs.background import Again, Task, register
from atelier.jobs.tables import Claim

CHANNEL = "atelier_queue"  # each new entry's queue


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that this worker has claimed, and the queue's entry that stands for it."""

    job: Claim
    entry: int


# True when the entry left the queue in the transaction that ended the job
Perform = Callable[[Taken], Awaitable[bool]]


class _WhenAsked(BaseRetryStrategy):
    """Retries what asks for it by `Again` and what died of something unexpected; `perform` itself counts attempts."""

    def get_retry_decision(self, *, exception: BaseException, job: QueueJob) -> RetryDecision:
        seconds = exception.seconds if isinstance(exception, Again) else 2
        return RetryDecision(retry_in={"milliseconds": int(seconds * 1000)})


_ENTRY = ["id", "status", "task_name", "priority", "lock", "queueing_lock"]
_ENTRY += ["args", "scheduled_at", "queue_name", "attempts"]
_COLUMNS = [field.name for field in fields(Claim)]
_SELECTED = [f"(entry).{name}" for name in _ENTRY] + [f"(job).{name} AS job_{name}" for name in _COLUMNS]
_TAKE = f"SELECT {', '.join(_SELECTED)} FROM take_job(%(queues)s::varchar[], %(worker)s)"  # noqa: S608 - our own names
_HELD = f"""SELECT {", ".join(_ENTRY)}, worker_id
           FROM procrastinate_jobs WHERE status = 'doing' AND (worker_id IS NULL OR worker_id = ANY(%(workers)s))"""  # noqa: S608 - our own names
_LEAVE = "DELETE FROM procrastinate_jobs WHERE id = %(entry)s AND worker_id = %(worker)s RETURNING id"
# by the database's clock, since it decides when an entry is due; at once waits for no clock at all
_BACK = """UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1,
             scheduled_at = CASE WHEN %(wait)s > 0 THEN now() + make_interval(secs => %(wait)s) END,
             priority = coalesce(%(priority)s, priority), queue_name = coalesce(%(queue)s, queue_name),
             lock = coalesce(%(lock)s, lock)
           WHERE id = %(entry)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker)s RETURNING id"""


class Entries(JobManager):
    """Procrastinate's door to its tables, where an entry is taken and its job claimed in one round trip."""

    def __init__(self, connector: PsycopgConnector, signals: Signals) -> None:
        super().__init__(connector)
        self._signals = signals
        self._claimed: dict[int, Claim] = {}
        self._gone: set[int] = set()
        self._heard = 0
        self._worker: int | None = None
        self._lanes = 0
        self._registering = asyncio.Lock()

    def begin(self) -> None:
        """Forget the lanes of a worker whose database went away."""
        self._worker, self._lanes = None, 0

    async def register_worker(self) -> int:
        """One worker in the database for all the lanes of this process, until the last of them ends."""
        async with self._registering:
            if self._worker is None:
                self._worker = await super().register_worker()
            self._lanes += 1
            return self._worker

    async def unregister_worker(self, worker_id: int) -> None:
        self._lanes -= 1
        if self._lanes <= 0:
            self._worker = None
            await super().unregister_worker(worker_id)

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> QueueJob | None:
        while True:
            heard = self._heard
            row = await self.connector.execute_query_one_async(_TAKE, queues=queues, worker=worker_id)
            if row["id"] is not None:
                break
            if heard == self._heard:  # else one came in while we looked, and its signal would be lost
                return None
        if row["job_id"] is not None:
            self._claimed[row["id"]] = Claim(**{name: row[f"job_{name}"] for name in _COLUMNS})
        return QueueJob.from_row({**row, "worker_id": worker_id})

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Tell a lane of new entries in its queues, on the one connection that listens for this process."""
        wanted, woken = set(queues or ()), asyncio.Event()

        def heard(queue: str) -> None:
            if not queue or queue in wanted:  # no name: signals may have been lost
                self._heard += 1
                woken.set()

        end = self._signals.listen(CHANNEL, heard)
        try:
            while await woken.wait():
                woken.clear()
                await on_notification(channel=CHANNEL, notification={"type": "job_inserted", "job_id": 0})
        finally:
            end()

    async def held_by(self, workers: Sequence[int]) -> list[QueueJob]:
        """The entries that those workers have taken, and those whose worker is gone."""
        rows = await self.connector.execute_query_all_async(_HELD, workers=list(workers))
        return [QueueJob.from_row(row) for row in rows]

    async def prune_stalled_workers(self, seconds_since_heartbeat: float) -> list[int]:
        """Remove none: by clocks alone a living worker would be removed when one is set. `rescue` sees to it."""
        return []

    def claimed(self, entry: int) -> Claim | None:
        """The job that was claimed with an entry, or None if it had ended already."""
        return self._claimed.pop(entry, None)

    def gone(self, entry: int) -> None:
        """Note that an entry has left the queue already."""
        self._gone.add(entry)

    async def finish_job(self, job: QueueJob, status: Status, delete_job: bool) -> None:
        """Take an entry out of the queue, unless it is gone, or another worker's by now."""
        assert job.id is not None
        if job.id in self._gone:
            self._gone.discard(job.id)
        else:
            await self.connector.execute_query_all_async(_LEAVE, entry=job.id, worker=job.worker_id)

    async def retry_job(
        self,
        job: QueueJob,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Put an entry back, unless it is no longer that worker's whose it was as `job` was read."""
        await self.put_back(job, retry_at, priority=priority, queue=queue, lock=lock)

    async def put_back(self, job: QueueJob, at: datetime | None = None, **changes: int | str | None) -> bool:
        """As `retry_job`; whether it was put back."""
        wait = max(0.0, (at - utcnow()).total_seconds()) if at is not None else 0.0
        values = {"priority": None, "queue": None, "lock": None, **changes, "wait": wait}
        return bool(await self.connector.execute_query_all_async(_BACK, entry=job.id, worker=job.worker_id, **values))


def open_queue(url: URL, signals: Signals, perform: Perform, *, tasks: Sequence[Task] = (), pool: int = 6) -> App:
    """The queue as a worker sees it: `perform` is what it does with each job that it has claimed, `tasks` the rest.

    New entries are heard of through `signals`, which whoever works on the queue keeps running.
    """
    connector = PsycopgConnector(
        pool_factory=_pool,
        conninfo=libpq_url(url),
        min_size=1,
        max_size=pool,
        kwargs={"options": "-c jit=off", "application_name": "atelier queue"},
        configure=_each_statement_by_itself,
    )
    app = App(connector=connector)
    entries = app.job_manager = Entries(connector, signals)

    @app.task(name="perform", retry=_WhenAsked(), pass_context=True)
    async def task(context: JobContext, job_id: str, member_id: str) -> None:
        entry = context.job.id
        assert entry is not None
        job = entries.claimed(entry)
        if job is not None and await perform(Taken(job, entry)):
            entries.gone(entry)

    for each in tasks:
        register(app, each)
    return app


_CLAIM = text(f"SELECT {', '.join(_COLUMNS)} FROM claim_job(:job, :member)")  # noqa: S608 - our own names


async def claim(database: Database, job_id: UUID, member_id: UUID) -> Claim | None:
    """Begin an attempt at a job that is in no queue; None if it has ended already."""
    async with database.transaction(Acting.member(member_id)) as db:
        row = (await db.execute(_CLAIM, {"job": job_id, "member": member_id})).one()
    return Claim(*row) if row.id is not None else None


async def _each_statement_by_itself(connection: AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)  # spares each of them BEGIN and COMMIT


def _pool(**options: Any) -> AsyncConnectionPool:
    """Connections without a question before each use: one that died fails its statement, and the worker begins anew."""
    return AsyncConnectionPool(**{**options, "check": None})

"""Rescue: what a dead worker left is queued again, and what waited or ran too long ends with its credits back."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from sqlalchemy import Row, TextClause, text
from sqlalchemy.exc import SQLAlchemyError

from atelier.base.db import Acting, Database
from atelier.base.log import get_log
from atelier.jobs import rules
from atelier.jobs.queue import Entries
from atelier.jobs.rules import GIVE_UP_WAITING, HEARTBEAT, STALLED

EVERY = 2.0  # seconds between two rounds
GRACE = 30  # seconds beyond its time in which a worker ends a job itself
STEP = 20.0  # seconds by which the database's clock and ours differ from one round to the next when one was set


@dataclass(frozen=True, slots=True)
class Seen:
    """How a job was when it was found late; one that is no longer so is somebody's again."""

    state: str
    attempt: int


Expire = Callable[[UUID, UUID, Seen], Awaitable[None]]


def _requeue(mode: str, lost: str, reason: str) -> TextClause:
    """Puts the open jobs of that mode back of which `lost` is true and that have no queue entry, and records each.

    MATERIALIZED, so that LIMIT and the locks hold together under any plan.
    """
    return text(
        f"""WITH picked AS MATERIALIZED (
             SELECT j.id FROM jobs j
             WHERE j.mode = '{mode}' AND j.state IN ('queued', 'running') AND {lost}
               AND NOT EXISTS (SELECT FROM procrastinate_jobs q
                 WHERE q.args ->> 'job_id' = j.id::text AND q.status IN ('todo', 'doing'))
             LIMIT 100 FOR UPDATE OF j SKIP LOCKED),
           back AS (
             UPDATE jobs SET state = 'queued' FROM picked WHERE jobs.id = picked.id
             RETURNING jobs.id, jobs.member_id, enqueue_job(jobs.id)),
           recorded AS (
             INSERT INTO events (kind, member_id, subject_id, data)
             SELECT 'job:requeued', member_id, id, jsonb_build_object('state', 'queued', 'reason', '{reason}')
             FROM back)
           SELECT id FROM back"""  # noqa: S608  # our own words
    )


_LOST = _requeue("queue", "j.created_at < now() - interval '5 seconds'", "entry_lost")
# An open inline job whose web process gave no sign of life for a while: from here on any worker may take it. Where the
# process lives all the same, the attempt's number keeps it from writing anything more.
_ORPHANS = _requeue(
    "inline", "coalesce(j.alive_at, j.created_at) < now() - make_interval(secs => :stalled)", "process_lost"
)
# a parent that is open while none of its children is, and that no entry will wake
_ASLEEP = text(
    """SELECT j.id, jobs_enter_advance(j.id, j.member_id) FROM jobs j
       WHERE j.mode = 'parent' AND j.state IN ('queued', 'running') AND j.created_at < now() - interval '5 seconds'
         AND NOT EXISTS (SELECT FROM jobs c WHERE c.parent_id = j.id AND c.state IN ('queued', 'running'))
         AND NOT EXISTS (SELECT FROM procrastinate_jobs q
           WHERE q.task_name = 'jobs:advance' AND q.args ->> 'job_id' = j.id::text AND q.status IN ('todo', 'doing'))
       LIMIT 100"""
)
# when each worker last gave a sign of life, and what time it is
_WORKERS = text(
    """SELECT id, last_heartbeat, last_heartbeat < now() - make_interval(secs => :stalled) AS old
       FROM procrastinate_workers"""
)
_TIME = text("SELECT extract(epoch FROM clock_timestamp())::double precision")
_GONE = text("DELETE FROM procrastinate_workers WHERE id = ANY(:workers)")
# each running job; `held` if a worker has its entry
_RUNNING = text(
    """WITH held AS MATERIALIZED (
         SELECT args ->> 'job_id' AS job FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NOT NULL)
       SELECT id, member_id, state, attempt, deadline_s, id::text IN (SELECT job FROM held) AS held,
              extract(epoch FROM now() - started_at)::double precision AS seconds
       FROM jobs WHERE state = 'running' AND mode <> 'parent'"""
)
# A waiting job is late if nothing of its queue runs or was begun for as long as that job waits at most: else somebody
# is there, and there is only much to do. Nor is it late for a worker that is just about to take it. CASE, so that what
# is over is looked through only where nothing runs.
_WAITING = text(
    """WITH idle AS MATERIALIZED (
         SELECT queue FROM (
           SELECT DISTINCT queue FROM jobs WHERE state = 'queued'
             AND created_at < now() - make_interval(secs => :patience)) w
         WHERE CASE WHEN EXISTS (SELECT FROM jobs o WHERE o.queue = w.queue AND o.state = 'running') THEN false
           ELSE NOT EXISTS (SELECT FROM jobs o WHERE o.queue = w.queue
             AND o.started_at > now() - make_interval(secs => :patience)) END)
       SELECT id, member_id, state, attempt FROM jobs j
       WHERE state = 'queued' AND mode <> 'parent' AND created_at < now() - make_interval(secs => :patience)
         AND queue IN (SELECT queue FROM idle)
         AND NOT EXISTS (SELECT FROM events e WHERE e.subject_id = j.id AND e.kind = 'job:requeued'
           AND e.at > now() - make_interval(secs => :patience))
         AND (queue <> ALL (CAST(:served AS text[])) OR NOT EXISTS (
           SELECT FROM procrastinate_jobs q WHERE q.queueing_lock = j.id::text AND q.status = 'todo'))
       LIMIT 100"""
)


class Watch:
    """What one process has seen of workers and jobs by its own monotonic clock, which nobody can set.

    The database's clock alone does not decide: on the day that it is set an hour or a day on, every worker seems dead
    and every job late.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, dict[Hashable, tuple[object, float]]] = {}
        self._stepped: float | None = None
        self.offset: float | None = None  # the database's clock less ours, at the last look

    def unchanged(self, of: str, values: Mapping[Hashable, object]) -> dict[Hashable, float]:
        """For how many seconds each of `values` has been as it is now; what is no longer among them is forgotten."""
        now, before = self._clock(), self._seen.get(of, {})
        self._seen[of] = {
            key: before[key] if key in before and before[key][0] == value else (value, now)
            for key, value in values.items()
        }
        return {key: now - since for key, (_, since) in self._seen[of].items()}

    def steady(self, database_time: float) -> float:
        """For how many seconds the database's clock has run like ours, as far as we have seen: no limit by default."""
        now = self._clock()
        before, self.offset = self.offset, database_time - now
        if before is not None and abs(self.offset - before) > STEP:
            self._stepped = now
            get_log().warning("jobs:clock_set", seconds=round(self.offset - before))
        return math.inf if self._stepped is None else now - self._stepped


async def rescue_forever(queue: App, database: Database, expire: Expire, served: Sequence[str] = ()) -> None:
    """Look around every two seconds for as long as the worker lives; a lost database is waited for."""
    watch = Watch()
    while True:
        try:
            await rescue(queue, database, expire, watch=watch, served=served)
        except (SQLAlchemyError, ConnectorException, psycopg.Error, OSError) as error:
            get_log().warning("jobs:rescue_failed", reason=str(error))
        await asyncio.sleep(EVERY)


async def rescue(
    queue: App,
    database: Database,
    expire: Expire,
    *,
    watch: Watch,
    stalled: float = STALLED,
    served: Sequence[str] = (),
) -> int:
    """One round; returns how many jobs it moved. Any number of workers may do this at once.

    What waits in the queues that this worker itself serves, `served`, is not given up.
    """
    entries = queue.job_manager
    assert isinstance(entries, Entries)
    async with database.transaction(Acting.for_studio()) as db:
        workers = (await db.execute(_WORKERS, {"stalled": stalled})).all()
    silent = watch.unchanged("workers", {row.id: row.last_heartbeat for row in workers})
    sure = min(stalled, 2 * HEARTBEAT)  # a worker that lives has given a sign of life since a clock was set
    dead = [row.id for row in workers if silent[row.id] >= (sure if row.old else stalled)]
    moved = await _put_back(entries, dead)
    async with database.transaction(Acting.for_studio()) as db:
        adopted = (await db.execute(_ORPHANS, {"stalled": stalled})).all()
        moved += len(adopted) + len((await db.execute(_ASLEEP)).all())
    for row in adopted:
        get_log().warning("jobs:adopted", job=str(row.id))
    async with database.transaction(Acting.for_studio()) as db:
        if dead:
            await db.execute(_GONE, {"workers": dead})
        steady = watch.steady((await db.execute(_TIME)).scalar_one())
        late = _overdue((await db.execute(_RUNNING)).all(), watch, steady)
        if steady > GIVE_UP_WAITING:
            late += (await db.execute(_WAITING, {"patience": GIVE_UP_WAITING, "served": list(served)})).all()
    for row in late:
        await expire(row.id, row.member_id, Seen(row.state, row.attempt))
        moved += 1
    return moved


async def _put_back(entries: Entries, dead: Sequence[int]) -> int:
    """Put what dead workers had back into the queue; how many entries that were."""
    moved = 0
    for entry in await entries.held_by(dead):
        try:
            if not await entries.put_back(entry):
                continue  # another worker was quicker
        except ConnectorException:
            continue  # the same waits already
        get_log().warning("jobs:rescued", task=entry.task_name, job=entry.task_kwargs.get("job_id"))
        moved += 1
    return moved


def _overdue(running: Sequence[Row[Any]], watch: Watch, steady: float) -> list[Row[Any]]:
    """The running jobs that should have ended: their worker ends them by its own clock, so these are the last resort.

    What no worker has is judged by when it began; what one has, by how long this process has seen it run.
    """
    seen = watch.unchanged("jobs", {row.id: row.attempt for row in running})
    found = []
    for row in running:
        most = rules.total(row.deadline_s) + GRACE
        if seen[row.id] > most or (not row.held and row.seconds > most and steady > most):
            found.append(row)
    return found


async def requeue_lost(database: Database) -> int:
    """Enqueue the open jobs that no queue entry stands for, as after a restore; returns how many."""
    async with database.transaction(Acting.for_studio()) as db:
        lost = (await db.execute(_LOST)).all()
    for row in lost:
        get_log().warning("jobs:requeued", job=str(row.id))
    return len(lost)

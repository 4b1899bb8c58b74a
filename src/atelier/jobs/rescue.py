"""Rescue: what a dead worker left is queued again, and what waited or ran too long ends with its credits back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from atelier.base.db import Acting, Database
from atelier.base.log import get_log
from atelier.jobs.queue import Entries
from atelier.jobs.rules import GIVE_UP_WAITING, STALLED

EVERY = 2.0  # seconds between two rounds
GRACE = 30  # seconds beyond its deadline in which a worker ends a job itself


@dataclass(frozen=True, slots=True)
class Seen:
    """How a job was when it was found late; one that is no longer so is somebody's again."""

    state: str
    attempt: int


Expire = Callable[[UUID, UUID, Seen], Awaitable[None]]

# an open job that no queue entry stands for; MATERIALIZED, so that LIMIT and the locks hold together under any plan
_LOST = text(
    """WITH picked AS MATERIALIZED (
         SELECT j.id FROM jobs j
         WHERE j.state IN ('queued', 'running') AND j.created_at < now() - interval '5 seconds'
           AND NOT EXISTS (SELECT FROM procrastinate_jobs q
             WHERE q.args ->> 'job_id' = j.id::text AND q.status IN ('todo', 'doing'))
         LIMIT 100 FOR UPDATE OF j SKIP LOCKED)
       UPDATE jobs SET state = 'queued' FROM picked WHERE jobs.id = picked.id
       RETURNING jobs.id, enqueue_job(jobs.id)"""
)
# A waiting job is late if nothing of its queue runs or was begun for as long as that job waits at most: else somebody
# is there, and there is only much to do. Nor is it late for a worker that is just about to take it. CASE, so that what
# is over is looked through only where nothing runs.
_LATE = text(
    """WITH idle AS MATERIALIZED (
         SELECT queue FROM (
           SELECT DISTINCT queue FROM jobs WHERE state = 'queued'
             AND created_at < now() - make_interval(secs => :patience)) w
         WHERE CASE WHEN EXISTS (SELECT FROM jobs o WHERE o.queue = w.queue AND o.state = 'running') THEN false
           ELSE NOT EXISTS (SELECT FROM jobs o WHERE o.queue = w.queue
             AND o.started_at > now() - make_interval(secs => :patience)) END)
       SELECT id, member_id, state, attempt FROM jobs j
       WHERE (state = 'running' AND started_at < now() - make_interval(secs => deadline_s + :grace))
          OR (state = 'queued' AND created_at < now() - make_interval(secs => :patience)
            AND queue IN (SELECT queue FROM idle)
            AND NOT EXISTS (SELECT FROM events e WHERE e.subject_id = j.id AND e.kind = 'job:requeued'
              AND e.at > now() - make_interval(secs => :patience))
            AND (queue <> ALL (CAST(:served AS text[])) OR NOT EXISTS (
              SELECT FROM procrastinate_jobs q WHERE q.queueing_lock = j.id::text AND q.status = 'todo')))
       LIMIT 100"""
)


async def rescue_forever(queue: App, database: Database, expire: Expire, served: Sequence[str] = ()) -> None:
    """Look around every two seconds for as long as the worker lives; a lost database is waited for."""
    while True:
        try:
            await rescue(queue, database, expire, served=served)
        except (SQLAlchemyError, ConnectorException, psycopg.Error, OSError) as error:
            get_log().warning("jobs:rescue_failed", reason=str(error))
        await asyncio.sleep(EVERY)


async def rescue(
    queue: App, database: Database, expire: Expire, *, stalled: float = STALLED, served: Sequence[str] = ()
) -> int:
    """One round; returns how many jobs it moved. Any number of workers may do this at once.

    What waits in the queues that this worker itself serves, `served`, is not given up.
    """
    entries = queue.job_manager
    assert isinstance(entries, Entries)
    moved = 0
    for entry in await entries.get_stalled_jobs(seconds_since_heartbeat=stalled):
        try:
            if not await entries.put_back(entry):
                continue  # another worker was quicker
        except ConnectorException:
            continue  # the same waits already
        get_log().warning("jobs:rescued", task=entry.task_name, job=entry.task_kwargs.get("job_id"))
        moved += 1
    async with database.transaction(Acting.for_studio()) as db:
        limits = {"grace": GRACE, "patience": GIVE_UP_WAITING, "served": list(served)}
        late = (await db.execute(_LATE, limits)).all()
    for row in late:
        await expire(row.id, row.member_id, Seen(row.state, row.attempt))
        moved += 1
    return moved


async def requeue_lost(database: Database) -> int:
    """Enqueue the open jobs that no queue entry stands for, as after a restore; returns how many."""
    async with database.transaction(Acting.for_studio()) as db:
        lost = (await db.execute(_LOST)).all()
    for row in lost:
        get_log().warning("jobs:requeued", job=str(row.id))
    return len(lost)

"""Rescue: what a dead worker left is queued again, and what waited or ran too long ends with its credits back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import psycopg
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.utils import utcnow
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from atelier.base.db import Acting, Database
from atelier.base.log import get_log
from atelier.jobs.rules import GIVE_UP_WAITING, STALLED

EVERY = 2.0  # seconds between two rounds
GRACE = 30  # seconds beyond its deadline in which a worker ends a job itself

Expire = Callable[[UUID, UUID, str], Awaitable[None]]

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
_LATE = text(
    """SELECT id, member_id, state FROM jobs
       WHERE (state = 'running' AND started_at < now() - make_interval(secs => deadline_s + :grace))
          OR (state = 'queued' AND created_at < now() - make_interval(secs => :patience))
       LIMIT 100"""
)


async def rescue_forever(queue: App, database: Database, expire: Expire) -> None:
    """Look around every two seconds for as long as the worker lives; a lost database is waited for."""
    while True:
        try:
            await rescue(queue, database, expire)
        except (SQLAlchemyError, ConnectorException, psycopg.Error, OSError) as error:
            get_log().warning("jobs:rescue_failed", reason=str(error))
        await asyncio.sleep(EVERY)


async def rescue(queue: App, database: Database, expire: Expire, *, stalled: float = STALLED) -> int:
    """One round; returns how many jobs it moved. Any number of workers may do this at once."""
    moved = 0
    for entry in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled):
        try:
            await queue.job_manager.retry_job(entry, retry_at=utcnow())
        except ConnectorException:
            continue  # another worker was quicker
        get_log().warning("jobs:rescued", task=entry.task_name, job=entry.task_kwargs.get("job_id"))
        moved += 1
    async with database.transaction(Acting.for_studio()) as db:
        late = (await db.execute(_LATE, {"grace": GRACE, "patience": GIVE_UP_WAITING})).all()
    for row in late:
        await expire(row.id, row.member_id, row.state)
        moved += 1
    return moved


async def requeue_lost(database: Database) -> int:
    """Enqueue the open jobs that no queue entry stands for, as after a restore; returns how many."""
    async with database.transaction(Acting.for_studio()) as db:
        lost = (await db.execute(_LOST)).all()
    for row in lost:
        get_log().warning("jobs:requeued", job=str(row.id))
    return len(lost)

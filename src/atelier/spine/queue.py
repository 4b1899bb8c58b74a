"""The queue as the operator watches it: what waits, what runs, who works, and what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from atelier.jobs import Job, State
from atelier.jobs.rules import STALLED
from atelier.people.tables import Member

OPEN = (State.QUEUED, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Line:
    """One queue, named after its engine."""

    queue: str
    waiting: int
    running: int
    oldest: datetime | None  # when the job that waits longest was asked for


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that takes jobs; its heartbeat comes every two seconds while it lives."""

    id: int
    seen_at: datetime
    alive: bool
    jobs: int  # in its hands


@dataclass(frozen=True, slots=True)
class Listed:
    """A job with the name of whose it is."""

    job: Job
    member: str
    retried: bool = False  # an operator has begun it anew


async def queues(db: AsyncSession, known: Sequence[str]) -> list[Line]:
    """Each queue with an engine or a job, in the order of the engines."""
    waits = Job.state == State.QUEUED
    counted = (
        select(
            Job.queue,
            func.count().filter(waits),
            func.count().filter(Job.state == State.RUNNING),
            func.min(Job.created_at).filter(waits),
        )
        .where(Job.state.in_(OPEN))
        .group_by(Job.queue)
    )
    lines = {row[0]: Line(*row) for row in await db.execute(counted)}
    names = [*known, *sorted(lines.keys() - set(known))]
    return [lines.get(name, Line(name, 0, 0, None)) for name in names]


_WORKERS = text(
    """SELECT w.id, w.last_heartbeat, w.last_heartbeat > now() - make_interval(secs => :stalled),
              (SELECT count(*) FROM procrastinate_jobs j WHERE j.worker_id = w.id AND j.status = 'doing')
       FROM procrastinate_workers w ORDER BY w.last_heartbeat DESC, w.id DESC LIMIT 50"""
)


async def workers(db: AsyncSession) -> list[Worker]:
    """The workers of all hosts, those seen last first; a dead one stays until another clears it away."""
    return [Worker(*row) for row in await db.execute(_WORKERS, {"stalled": STALLED})]


async def open_jobs(db: AsyncSession, limit: int = 50) -> list[Listed]:
    """The jobs that run, then those that wait, in the order in which they will be taken."""
    wanted = (
        select(Job, Member.name)
        .join(Member, Member.id == Job.member_id)
        .where(Job.state.in_(OPEN))
        .order_by(Job.state.desc(), Job.priority.desc(), Job.id)
        .limit(limit)
    )
    return [Listed(*row) for row in await db.execute(wanted)]


RETRY = "console retry "


def retry_key(job_id: Any) -> Any:
    """The Idempotency-Key under which a failed job is begun anew, so that it is only once; also of a column."""
    return RETRY + (str(job_id) if isinstance(job_id, UUID) else cast(job_id, Text))


async def failed_jobs(db: AsyncSession, limit: int = 20) -> list[Listed]:
    """The jobs that failed last."""
    anew = aliased(Job)
    retried = exists().where(anew.member_id == Job.member_id, anew.idempotency_key == retry_key(Job.id))
    wanted = (
        select(Job, Member.name, retried)
        .join(Member, Member.id == Job.member_id)
        .where(Job.state == State.FAILED)
        .order_by(Job.id.desc())
        .limit(limit)
    )
    return [Listed(*row) for row in await db.execute(wanted)]

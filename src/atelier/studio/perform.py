"""Perform: takes one job through its engine to the member's library.

Nothing here holds a transaction while the engine works. Every write after the claim is fenced by the attempt's number:
a worker that was presumed dead and returns finds that its attempt is no longer the job's, and leaves no trace.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Text, bindparam, text, update
from sqlalchemy.exc import SQLAlchemyError

from atelier import assets
from atelier.assets import Kept
from atelier.base import events
from atelier.base.db import Acting, Database, commit_together
from atelier.base.errors import AtelierError, NotFound
from atelier.base.ids import new_id
from atelier.base.log import get_log
from atelier.engines import EngineError, Output, Preview, Progress, Work
from atelier.jobs import Job, State, rules
from atelier.jobs.background import Again
from atelier.jobs.progress import Reporter
from atelier.jobs.queue import Taken
from atelier.jobs.rescue import Seen
from atelier.jobs.tables import Claim
from atelier.jobs.worker import Stops
from atelier.studio.begin import NoSuchPicture
from atelier.studio.house import Studio
from atelier.tools import find


@dataclass(slots=True)
class Ending:
    """How an attempt ended, and what it leaves."""

    state: State
    kept: dict[int, Kept] = field(default_factory=dict)
    code: str | None = None
    message: str | None = None


async def perform(studio: Studio, stops: Stops, taken: Taken) -> bool:
    """Make one attempt at a claimed job and write how it ended; raises `Again` where another attempt shall follow.

    True if the job ended with this attempt: then its entry has left the queue as well.
    """
    job = taken.job
    if job.cancel_requested_at is not None:  # asked while the worker that had it died
        ending = Ending(State.CANCELED)
    elif job.attempt > rules.ATTEMPTS:
        ending = _failed("engine_crashed", "The engine stopped at this again and again.")
    else:
        ending = await _attempt(studio, stops, job)
    return await finish(studio.worker_db, job, ending, entry=taken.entry)


async def _attempt(studio: Studio, stops: Stops, job: Claim) -> Ending:
    """Let the engine work; its ending. Raises `Again` for another attempt, with the job back in the queue."""
    kept: dict[int, Kept] = {}
    task = asyncio.current_task()
    assert task is not None
    limit = asyncio.timeout(job.deadline_s)
    try:
        with stops.watching(job.id, task):
            try:
                async with limit:
                    await _make(studio, job, kept)
            except asyncio.CancelledError:
                if not stops.asked(job.id):
                    raise
                task.uncancel()
                return Ending(State.CANCELED, kept)
    except TimeoutError as error:
        if not limit.expired():  # something else on the way took too long to answer
            return await _broke(studio, job, error, kept)
        return _failed("deadline", f"This took longer than its {job.deadline_s} s.", kept)
    except EngineError as error:
        if error.retry and job.attempt < rules.ATTEMPTS:
            await _requeue(studio.worker_db, job, reason=error.code)
            raise Again(rules.backoff(job.attempt)) from error
        return _failed(error.code, error.message, kept)
    except AtelierError as error:  # storage that is full, say: the message is for members
        if error.retry and job.attempt < rules.ATTEMPTS:
            await _requeue(studio.worker_db, job, reason=error.code)
            raise Again(rules.backoff(job.attempt)) from error
        return _failed(error.code, error.message, kept)
    except asyncio.CancelledError:  # the worker stops: another takes the job, and this attempt doesn't count
        await asyncio.shield(_requeue(studio.worker_db, job, reason="worker_stopped", counts=False))
        raise Again(0) from None
    except Exception as error:
        return await _broke(studio, job, error, kept)
    if len(kept) < job.expected:
        return _failed("incomplete", "The engine ended before everything was made.", kept)
    return Ending(State.SUCCEEDED, kept)


async def _broke(studio: Studio, job: Claim, error: Exception, kept: dict[int, Kept]) -> Ending:
    """The ending after what nobody foresaw; raises `Again` where a database, disk or network may be well by then."""
    get_log().error("job:broke", job=str(job.id), exc_info=error)
    if isinstance(error, SQLAlchemyError | OSError) and job.attempt < rules.ATTEMPTS:
        await _requeue(studio.worker_db, job, reason="crashed")
        raise Again(rules.backoff(job.attempt)) from error
    return _failed("crashed", "Something broke on our side.", kept)


async def _make(studio: Studio, job: Claim, kept: dict[int, Kept]) -> None:
    """Run the engine, report on the way, and put each finished file into the store."""
    reporter = Reporter(studio.worker_db, job.id, job.member_id)
    work = await _work(studio, job)
    async with aclosing(studio.engines.get(job.queue).make(work)) as making:
        async for made in making:
            match made:
                case Progress(position, step, steps):
                    await reporter.step(position, step, steps)
                case Preview(position, picture):
                    await reporter.preview(position, picture)
                case Output(position, data, content_type, settings) if 0 <= position < job.expected:
                    kept[position] = await assets.keep(
                        studio.assets.store,
                        job.member_id,
                        data,
                        content_type,
                        settings=_settings(job, position, settings),
                    )


async def _work(studio: Studio, job: Claim) -> Work:
    """What the engine is given; the pictures that it works on are read before it begins, and no transaction is held."""
    model = next((model for model in studio.catalog.current.models if model.id == job.model), None)
    tool = find(job.tool)
    files = {
        name: await _file(studio, job, name, asset_id) for name, asset_id in tool.files(tool.parse(job.input)).items()
    }
    weights = str(studio.engines.place(model.weights)) if model and model.weights else ""
    return Work(job.tool, weights, job.input, files, model.family if model else "")


async def _file(studio: Studio, job: Claim, name: str, asset_id: UUID) -> bytes:
    try:
        async with studio.worker_db.transaction(Acting.member(job.member_id)) as db:
            asset = await assets.get(db, asset_id)
    except NotFound:
        raise NoSuchPicture(name) from None
    return await studio.assets.store.get(asset.path)


def _settings(job: Claim, position: int, made_with: Mapping[str, Any]) -> dict[str, Any]:
    """What would make one file again: travels with it and stands in its row."""
    return {"tool": job.tool, "model": job.model, "input": {**job.input, **made_with}, "position": position}


def _failed(code: str, message: str, kept: dict[int, Kept] | None = None) -> Ending:
    return Ending(State.FAILED, kept or {}, code, message)


async def _requeue(database: Database, job: Claim, *, reason: str, counts: bool = True) -> None:
    """Put our row back to waiting; the queue's own entry goes back with `Again`."""
    async with database.transaction(Acting.member(job.member_id)) as db:
        back = await db.execute(
            update(Job)
            .where(Job.id == job.id, Job.attempt == job.attempt, Job.state == State.RUNNING)
            .values(state=State.QUEUED, started_at=None, attempt=Job.attempt - (0 if counts else 1))
            .returning(Job.id)
        )
        if back.scalar_one_or_none() is not None:
            await events.record(
                db, "job:requeued", member=job.member_id, subject=job.id, state=State.QUEUED, reason=reason
            )


# the fence, the fact, the settlement and the queue's entry, in one round trip; an entry that another is just taking is
# left to them, who have it and wait for the job: they find the job over, and remove it
_END = text(
    """WITH ended AS (
         UPDATE jobs SET state = :state, made = :made, charged = :charged, finished_at = now(), error_code = :code,
                error_message = :message
         WHERE id = :job AND attempt = :attempt AND state IN ('queued', 'running')
         RETURNING id, member_id),
       fact AS (
         INSERT INTO events (kind, member_id, subject_id, data)
         SELECT 'job:' || :state, member_id, id, CAST(:fact AS jsonb) FROM ended),
       settled AS (SELECT ledger_settle(:transfer, id, :charged) FROM ended WHERE :price > 0),
       forgotten AS (DELETE FROM job_progress USING ended WHERE job_id = ended.id),
       unqueued AS (
         DELETE FROM procrastinate_jobs WHERE id = (
           SELECT q.id FROM procrastinate_jobs q, ended WHERE q.id = :entry FOR UPDATE OF q SKIP LOCKED))
       SELECT ended.id FROM ended LEFT JOIN settled ON true"""
).bindparams(
    bindparam("state", type_=Text),
    bindparam("entry", type_=BigInteger),
    bindparam("charged", type_=Integer),
    bindparam("price", type_=Integer),
)


async def finish(database: Database, job: Claim | Job, ending: Ending, *, entry: int | None = None) -> bool:
    """Write an ending in one transaction: the job's state, files, settlement, the fact, and the queue's `entry` gone.

    False if another attempt owns the job, or it has ended already; then nothing is written.
    """
    made = len(ending.kept)
    charged = job.price if ending.state == State.SUCCEEDED else rules.charge(job.price, made, job.expected)
    values = {
        "job": job.id,
        "attempt": job.attempt,
        "state": ending.state,
        "made": made,
        "charged": charged,
        "price": job.price,
        "transfer": new_id(),
        "code": ending.code,
        "message": ending.message,
        "entry": entry,
        "fact": json.dumps({"state": ending.state, "made": made, "charged": charged, "code": ending.code}),
    }
    async with database.transaction(Acting.member(job.member_id)) as db:
        if (await db.execute(_END, values)).scalar_one_or_none() is None:
            get_log().warning("job:superseded", job=str(job.id), attempt=job.attempt)
            return False
        for position, kept in sorted(ending.kept.items()):
            await assets.add(db, kept, job_id=job.id, position=position, title=job.title)
        await commit_together(db)
    get_log().info(f"job:{ending.state}", job=str(job.id), member=str(job.member_id), made=made, charged=charged)
    return True


async def expire(database: Database, job_id: UUID, member_id: UUID, seen: Seen) -> None:
    """End a job that waited or ran for too long without anybody, with its credits back, if it still is as `seen`."""
    async with database.transaction(Acting.member(member_id)) as db:
        job = await db.get(Job, job_id)
    if job is None or (job.state, job.attempt) != (seen.state, seen.attempt):
        return
    waited = seen.state == State.QUEUED
    message = "No worker was there to do this." if waited else "The worker that did this is gone."
    await finish(database, job, _failed("nobody_came" if waited else "deadline", message))

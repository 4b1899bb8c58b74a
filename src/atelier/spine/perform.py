"""Perform: takes one job through its engine to the member's library.

Nothing here holds a transaction while the engine works. Every write after the claim is fenced by the attempt's number:
a worker that was presumed dead and returns finds that its attempt is no longer the job's, and leaves no trace.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from atelier.base import events
from atelier.base.db import Acting, Database
from atelier.base.errors import AtelierError
from atelier.base.log import get_log
from atelier.engines import Abandons, BrokeContract, EngineError, Made, Preview, Progress
from atelier.jobs import Job, State, rules
from atelier.jobs.background import Again
from atelier.jobs.progress import Reporter
from atelier.jobs.queue import Taken
from atelier.jobs.tables import Claim
from atelier.jobs.worker import Stops
from atelier.spine.attempt import Results, Tell, make, open_results
from atelier.spine.deadline import Deadline
from atelier.spine.ending import Ending, failed
from atelier.spine.finish import finish
from atelier.spine.sealing import is_sealed, terms_changed
from atelier.spine.studio import Studio

FAREWELL = 15.0  # seconds in which a provider has to answer that it stopped


async def perform(studio: Studio, stops: Stops, taken: Taken) -> bool:
    """Make one attempt at a claimed job and write how it ended; raises `Again` where another attempt shall follow.

    True if the job ended with this attempt: then its entry has left the queue as well.
    """
    job = taken.job
    ending = await attempt(studio, stops, job, _reporting(studio, job))
    return await finish(studio.worker_db, job, ending, entry=taken.entry)


def _reporting(studio: Studio, job: Claim) -> Tell:
    """Writes progress for the member's pages."""
    reporter = Reporter(studio.worker_db, job.id, job.member_id)

    async def tell(made: Made) -> None:
        if isinstance(made, Progress):
            await reporter.step(made.position, made.step, made.steps)
        elif isinstance(made, Preview):
            await reporter.preview(made.position, made.data, made.content_type)

    return tell


async def attempt(studio: Studio, stops: Stops, job: Claim, tell: Tell) -> Ending:
    """Let the engine work, tell of everything that it yields, and say how the attempt ended.

    Raises `Again` for another attempt, with the job back in the queue.
    """
    if job.cancel_requested_at is not None:  # requested while the worker that had it died
        await _abandon(studio, job.queue, job.reference)
        return Ending(State.CANCELED)
    if job.attempt > rules.ATTEMPTS:
        return failed("engine_crashed", "The engine stopped at this again and again.")
    if not is_sealed(studio.secret, job):
        return terms_changed(job)
    try:
        results = open_results(job)
    except (AtelierError, ValueError) as error:
        get_log().error("job:unreadable", job=str(job.id), reason=str(error))
        return failed("unreadable", "This run was written by another release and cannot be made by this one.")
    try:
        ending = await _attempt(studio, stops, results, tell)
    except BrokeContract as error:  # nothing that it made can be trusted
        get_log().error("job:broke_contract", job=str(job.id), engine=job.queue, reason=error.message)
        ending = replace(failed(error.code, error.message), cost=dict(results.cost))
    if ending.state is not State.SUCCEEDED:
        await _abandon(studio, job.queue, results.reference)
    return ending


async def _abandon(studio: Studio, engine_id: str, reference: str | None) -> None:
    """Stop what goes on elsewhere for a job that is over, so that it costs the operator no more."""
    if reference is None:
        return
    try:
        engine = studio.engines.get(engine_id)
        if isinstance(engine, Abandons):
            async with asyncio.timeout(FAREWELL):
                await engine.abandon(reference)
    except Exception as error:  # the provider ends it by itself; the job's own ending must not wait for that
        get_log().warning("job:not_abandoned", engine=engine_id, reference=reference[:200], reason=repr(error)[:300])


async def _attempt(studio: Studio, stops: Stops, results: Results, tell: Tell) -> Ending:
    job = results.job
    task = asyncio.current_task()
    assert task is not None
    deadline = Deadline(stall=job.deadline_s, total=rules.total(job.deadline_s))

    async def seen(made: Made) -> None:
        deadline.saw(made)
        await tell(made)

    try:
        with stops.watching(job.id, task):
            try:
                async with deadline:
                    await make(studio, results, seen)
            except asyncio.CancelledError:
                if not stops.asked(job.id):
                    raise
                task.uncancel()
                return _ended(results, State.CANCELED)
    except TimeoutError as error:
        if not deadline.expired:  # something else on the way took too long to answer
            return await _broke(studio, results, error)
        if deadline.stalled:
            return _failed(results, "stalled", f"The engine made no progress for {job.deadline_s} s.")
        return _failed(results, "deadline", f"This took longer than {rules.total(job.deadline_s)} s.")
    except BrokeContract:
        raise
    except (EngineError, AtelierError) as error:  # of an AtelierError, as a full store, the message is for members too
        if error.retry and job.attempt < rules.ATTEMPTS:
            await _requeue(studio.worker_db, job, reason=error.code)
            raise Again(rules.backoff(job.attempt)) from error
        return _failed(results, error.code, error.message)
    except asyncio.CancelledError:  # the worker stops: another takes the job, and this attempt doesn't count
        await asyncio.shield(_requeue(studio.worker_db, job, reason="worker_stopped", counts=False))
        raise Again(0) from None
    except Exception as error:
        return await _broke(studio, results, error)
    if len(results.kept) + len(results.held_back) < job.expected:
        return _failed(results, "incomplete", "The engine ended before everything was made.")
    if results.held_back:
        return _failed(results, "held_back", "The studio's safety rules do not allow what was made.")
    return _ended(results, State.SUCCEEDED)


async def _broke(studio: Studio, results: Results, error: Exception) -> Ending:
    """The ending after an unexpected error; raises `Again` where a database, disk or network may work again soon."""
    job = results.job
    get_log().error("job:broke", job=str(job.id), exc_info=error)
    if isinstance(error, SQLAlchemyError | OSError) and job.attempt < rules.ATTEMPTS:
        await _requeue(studio.worker_db, job, reason="crashed")
        raise Again(rules.backoff(job.attempt)) from error
    return _failed(results, "crashed", "Something broke on our side.")


def _ended(results: Results, state: State) -> Ending:
    return Ending(state, dict(results.kept), results.used, dict(results.cost), results.result)


def _failed(results: Results, code: str, message: str) -> Ending:
    return replace(_ended(results, State.FAILED), code=code, message=message)


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

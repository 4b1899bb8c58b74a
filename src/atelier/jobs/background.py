"""Background work that rooms bring: what they write with a trigger enters the queue, and any worker does it.

A table's trigger runs `row_enters_queue('TASK', 'ENTRY:', 'ARGUMENT')`, or one of its own that calls
`enter_background(task, name, arguments)`. The `Task` of that name gets the arguments. It runs beside the jobs and takes
none of their places. It may run more than once, so it looks first whether there is anything left to do.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job as QueueJob
from sqlalchemy import TextClause, text

from atelier.base.background import Again, Reader, Round, Rows, Task
from atelier.base.db import Acting, Database
from atelier.base.log import get_log
from atelier.jobs import turns

__all__ = ["QUEUE", "Again", "Reader", "Round", "Rows", "Task", "go_round", "register", "requeue"]

QUEUE = "background"
LOOK = 600.0  # seconds at most between two looks of a worker whether a round that one worker does `alone` is due
BACKGROUND_CONCURRENCY = 4  # tasks that one worker does at a time, beside its jobs
TRIES = 12  # runs that a task gets which dies of something unexpected: about two hours


class _LaterAndLater(BaseRetryStrategy):
    """Retries what asks for it by `Again`, and a few times, ever later, what died of something unexpected."""

    def get_retry_decision(self, *, exception: BaseException, job: QueueJob) -> RetryDecision | None:
        if isinstance(exception, Again):
            return RetryDecision(retry_in={"milliseconds": int(exception.seconds * 1000)})
        if not isinstance(exception, Exception):  # the worker is asked to stop
            return RetryDecision(retry_in={"milliseconds": 0})
        get_log().error(
            "task:broke", task=job.task_name, entry=job.id, reason=f"{type(exception).__name__}: {exception}"
        )
        return RetryDecision(retry_in={"seconds": min(2**job.attempts, 1800)}) if job.attempts < TRIES else None


def register(queue: App, task: Task) -> None:
    """Have `queue` do that task's entries."""

    @queue.task(name=task.name, retry=_LaterAndLater(), pass_context=True)
    async def run(_context: JobContext, /, **arguments: str) -> None:
        await task.run(**arguments)


async def requeue(tasks: Sequence[Task], database: Database) -> int:
    """Enter the rows that wait for their task and have no entry, as after a restore; how many.

    Any number of workers may do this at once. A row younger than half a minute may be about to get its entry.
    """
    count = 0
    for task in tasks:
        if task.rows is None:
            continue
        async with database.transaction(Acting.for_studio()) as db:
            found = len((await db.execute(_lost(task.name, task.rows))).all())
        if found:
            get_log().warning("task:requeued", task=task.name, count=found)
        count += found
    return count


def _lost(task: str, rows: Rows) -> TextClause:
    """MATERIALIZED, so that LIMIT and the locks hold together under any plan."""
    enter = rows.enter or f"enter_background('{task}', '{rows.entry}' || id, jsonb_build_object('{rows.argument}', id))"
    return text(
        f"""WITH lost AS MATERIALIZED (
             SELECT id FROM {rows.table} t WHERE ({rows.waiting}) AND created_at < now() - interval '30 seconds'
               AND NOT EXISTS (SELECT FROM procrastinate_jobs q
                 WHERE q.queueing_lock = '{rows.entry}' || t.id AND q.status IN ('todo', 'doing'))
             LIMIT 100 FOR UPDATE OF t SKIP LOCKED)
           SELECT {enter} FROM lost"""  # noqa: S608  # what rooms declare
    )


async def go_round(rounds: Sequence[Round], database: Database) -> None:
    """Do each round at its times for as long as the worker lives; one that fails is logged, and comes again."""
    await asyncio.gather(*(_alone(each, database) if each.alone else _go(each) for each in rounds))


async def _go(round: Round) -> None:
    while True:
        await asyncio.sleep(min(round.every, 5.0))
        try:
            await round.run()
        except Exception as error:
            _broke(round, error)
        await asyncio.sleep(max(0.0, round.every - 5.0))


async def _alone(round: Round, database: Database) -> None:
    while True:
        await asyncio.sleep(min(round.every, LOOK) * random.uniform(0.8, 1.2))  # noqa: S311  # only to spread the load
        try:
            if not await turns.take(database, round.name, round.every):
                continue
            try:
                await round.run()
            except Exception:
                await turns.give_back(database, round.name)
                raise
        except Exception as error:
            _broke(round, error)


def _broke(round: Round, error: Exception) -> None:
    get_log().error("round:broke", round=round.name, reason=f"{type(error).__name__}: {error}")

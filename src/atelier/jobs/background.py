"""Background work that rooms bring: what they write with a trigger enters the queue, and any worker does it.

A room's trigger calls `enter_background(task, name, arguments)`; its `Task` of that name gets the arguments. It runs
beside the jobs and takes none of their places. It may run more than once, so it looks first whether there is anything
left to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job as QueueJob

from atelier.base.log import get_log

QUEUE = "background"
LANES = 4  # tasks that one worker does at a time, beside its jobs
TRIES = 12  # runs that a task gets which dies of something unexpected: about two hours


class Again(Exception):
    """Put the entry back into the queue, to be taken again in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker does with the entries of one name; `run` gets an entry's arguments by name."""

    name: str
    run: Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Round:
    """What every worker does now and then; it must not mind that another does the same at the same time."""

    name: str
    every: float  # seconds
    run: Callable[[], Awaitable[object]]


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


async def go_round(rounds: Sequence[Round]) -> None:
    """Do each round at its times for as long as the worker lives; one that fails is told of, and comes again."""
    await asyncio.gather(*(_go(each) for each in rounds))


async def _go(round: Round) -> None:
    while True:
        await asyncio.sleep(min(round.every, 5.0))
        try:
            await round.run()
        except Exception as error:
            get_log().error("round:broke", round=round.name, reason=f"{type(error).__name__}: {error}")
        await asyncio.sleep(max(0.0, round.every - 5.0))

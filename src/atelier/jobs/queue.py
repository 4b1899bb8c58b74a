"""The queue: Procrastinate on the worker role's own connections.

Web processes never open it: they enqueue through `enqueue_job`, in `begin`'s own transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job as QueueJob
from sqlalchemy import URL

from atelier.base.db import libpq_url

HEARTBEAT = 2.0  # seconds between two signs of life of a worker
STALLED = 6.0  # seconds without one after which its jobs are taken from it

Perform = Callable[[UUID, UUID], Awaitable[None]]


class Again(Exception):
    """Put the job back into the queue, to be taken again in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class _WhenAsked(BaseRetryStrategy):
    """Retries what asks for it by `Again` and what died of something unexpected; `perform` itself counts attempts."""

    def get_retry_decision(self, *, exception: BaseException, job: QueueJob) -> RetryDecision:
        seconds = exception.seconds if isinstance(exception, Again) else 2
        return RetryDecision(retry_in={"milliseconds": int(seconds * 1000)})


def open_queue(url: URL, perform: Perform, *, pool: int = 4) -> App:
    """The queue as a worker sees it; `perform(job_id, member_id)` is what it does with each job.

    The pool's connections plan each fetch anew: the plan that is prepared while the table is empty is quadratic later.
    """
    connector = PsycopgConnector(
        conninfo=libpq_url(url),
        min_size=1,
        max_size=pool,
        kwargs={"options": "-c plan_cache_mode=force_custom_plan -c jit=off", "application_name": "atelier queue"},
    )
    app = App(connector=connector)

    @app.task(name="perform", retry=_WhenAsked())
    async def task(job_id: str, member_id: str) -> None:
        await perform(UUID(job_id), UUID(member_id))

    return app

"""Background work beside the jobs: neither takes the other's places, and a dead worker's is done by the next."""

from __future__ import annotations

import asyncio
from uuid import UUID

import psycopg
from tests.notify.conftest import until_mails
from tests.notify.test_deliver import write
from tests.spine.conftest import Told, maker, settings, start, studio, told, until, working

from atelier.base.db import Database, libpq_url
from atelier.jobs.background import Again, Round, Task, go_round, register
from atelier.jobs.queue import open_queue
from atelier.spine import Studio

__all__ = ["maker", "settings", "studio", "told"]


def workers(studio: Studio) -> int:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        found = db.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
    assert found is not None
    return int(found[0])


async def test_mail_goes_while_every_place_for_jobs_is_taken(studio: Studio, maker: UUID, told: Told) -> None:
    told.wait = asyncio.Event()
    async with working(studio, concurrency=1):
        job_id = await start(studio, maker)
        await until(studio, maker, job_id, "running")
        await write(studio)
        await until_mails(studio, "kept")
        assert workers(studio) == 1  # a process is one worker, whatever its lanes
        told.wait.set()
        await until(studio, maker, job_id, "succeeded")
    assert workers(studio) == 0


async def test_a_job_that_ends_in_the_last_moments_leaves_the_queue(studio: Studio, maker: UUID, told: Told) -> None:
    """The lane of background work stops at once, and must not take the worker away under the job's lane."""
    told.wait = asyncio.Event()
    async with working(studio, concurrency=1):
        job_id = await start(studio, maker)
        await until(studio, maker, job_id, "running")
        asyncio.get_running_loop().call_later(1.0, told.wait.set)
    await until(studio, maker, job_id, "succeeded")
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        assert db.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


async def test_what_a_dead_worker_held_is_done_by_the_next(studio: Studio) -> None:
    await write(studio)
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')")
        db.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)"
        )
    async with working(studio):
        await until_mails(studio, "kept", seconds=15)


async def test_a_task_that_breaks_is_tried_later_and_not_for_ever(studio: Studio) -> None:
    runs: list[str] = []

    async def breaks(mail_id: str) -> None:
        runs.append(mail_id)
        raise ValueError(mail_id)

    async def nobody(_: object) -> bool:
        return False

    queue = open_queue(studio.queue_url, studio.signals, nobody, tasks=[Task("mail:deliver", breaks)])
    task = queue.tasks["mail:deliver"]
    assert task.retry_strategy is not None

    def wait(attempts: int, error: BaseException) -> object:
        class Entry:
            id, task_name = 1, "mail:deliver"

        Entry.attempts = attempts  # type: ignore[attr-defined]
        return task.retry_strategy.get_retry_decision(exception=error, job=Entry())  # type: ignore[union-attr,arg-type]

    assert wait(0, ValueError()) is not None
    assert wait(11, ValueError()) is not None
    assert wait(12, ValueError()) is None
    assert wait(50, Again(3600)) is not None
    assert wait(50, asyncio.CancelledError()) is not None  # the worker is asked to stop
    register(queue, Task("other:task", breaks))
    assert "other:task" in queue.tasks


async def test_a_round_that_fails_comes_again(worker_db: Database) -> None:
    came = 0

    async def fail() -> None:
        nonlocal came
        came += 1
        raise ValueError

    going = asyncio.create_task(go_round([Round("test:fails", 0.02, fail)], worker_db))
    async with asyncio.timeout(60):
        while came < 3:
            await asyncio.sleep(0.01)
    going.cancel()

"""The queue's entries: in with the job, out with its ending, and taken as quickly from a long queue as from a short."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import psycopg
import pytest
from procrastinate import App
from procrastinate.jobs import Job as QueueJob
from procrastinate.jobs import Status
from procrastinate.utils import utcnow
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from tests.jobs.test_rescue import as_owner, nobody, one_round
from tests.spine.conftest import balanced, look, maker, settings, start, studio, told, until, wallet, working

from atelier.base.db import Acting, libpq_url
from atelier.jobs import Job, State, cancel
from atelier.jobs.queue import Entries, open_queue
from atelier.spine import Studio
from atelier.spine.ending import Ending
from atelier.spine.finish import finish

__all__ = ["maker", "settings", "studio", "told"]

_MANY = """
INSERT INTO jobs (id, member_id, tool, model, queue, title, input, terms, source, deadline_s, expected, price, seal)
SELECT gen_random_uuid(), %s, 'image.generate', 'told', 'told', '', '{}', '{}', 'api', 60, 1, 0, ''
FROM generate_series(1, 4000)"""


def entries(studio: Studio) -> list[tuple[str, str]]:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        found = db.execute("SELECT status::text, args ->> 'job_id' FROM procrastinate_jobs ORDER BY id").fetchall()
    return [(status, job) for status, job in found]


async def test_an_entry_comes_with_its_job_and_goes_with_its_ending(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    assert entries(studio) == [("todo", str(job_id))]
    async with working(studio):
        await until(studio, maker, job_id, "succeeded")
        assert entries(studio) == []  # in the same transaction, so there is nothing to wait for


async def test_a_member_reaches_the_queue_by_writing_a_job_and_in_no_other_way(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    for statement in (
        f"SELECT enqueue_job('{job_id}')",
        f"SELECT claim_job('{job_id}', '{maker}')",
        "SELECT take_job(NULL, 1)",
        "SELECT count(*) FROM procrastinate_jobs",
        "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('told', 'perform')",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with studio.web_db.transaction(Acting.member(maker)) as db:
                await db.execute(text(statement))


async def test_a_plan_made_for_an_empty_queue_is_quick_in_a_long_one(studio: Studio, maker: UUID) -> None:
    async with open_queue(studio.queue_url, studio.signals, nobody, pool=1).open_async() as queue:
        worker = await queue.job_manager.register_worker()
        with psycopg.connect(libpq_url(studio.owner_url), autocommit=True) as db:
            db.execute("VACUUM ANALYZE procrastinate_jobs")  # so that plans are made for a table known to be empty
        for _ in range(20):  # PostgreSQL keeps a plan after some uses
            assert await queue.job_manager.fetch_job(queues=["told"], worker_id=worker) is None
        as_owner(studio, _MANY, maker)
        began = time.perf_counter()
        for _ in range(50):
            assert await queue.job_manager.fetch_job(queues=["told"], worker_id=worker) is not None
        assert (time.perf_counter() - began) / 50 < 0.02  # Procrastinate's own fetch takes over a second here


async def test_a_worker_that_comes_late_leaves_the_entry_to_the_one_that_has_it(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    mine, theirs = (open_queue(studio.queue_url, studio.signals, nobody) for _ in range(2))  # two worker processes
    async with mine.open_async(), theirs.open_async():
        first = await _taken(mine)
        as_owner(studio, "UPDATE procrastinate_jobs SET status = 'todo'")  # as rescue does
        second = await _taken(theirs)
        await mine.job_manager.finish_job(first, Status.SUCCEEDED, True)
        assert entries(studio) == [("doing", str(job_id))]
        await theirs.job_manager.finish_job(second, Status.SUCCEEDED, True)
        assert entries(studio) == []
    assert (await look(studio, maker, job_id)).attempt == 2


async def test_a_worker_that_comes_late_cannot_put_back_what_another_has(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    mine, theirs = (open_queue(studio.queue_url, studio.signals, nobody) for _ in range(2))
    async with mine.open_async(), theirs.open_async():
        first = await _taken(mine)
        as_owner(studio, "UPDATE procrastinate_jobs SET status = 'todo'")  # as rescue does
        second = await _taken(theirs)
        await mine.job_manager.retry_job(first, retry_at=utcnow())
        assert entries(studio) == [("doing", str(job_id))]
        await theirs.job_manager.retry_job(second, retry_at=utcnow())
        assert entries(studio) == [("todo", str(job_id))]
        await theirs.job_manager.retry_job(second, retry_at=utcnow())  # nor what nobody has
        assert entries(studio) == [("todo", str(job_id))]


@pytest.mark.parametrize("dies", [False, True])
async def test_a_run_that_is_canceled_as_it_is_taken_is_neither_made_nor_left(
    studio: Studio, maker: UUID, dies: bool
) -> None:
    job_id = await start(studio, maker)
    async with open_queue(studio.queue_url, studio.signals, nobody).open_async() as queue:
        entries_of = queue.job_manager
        assert isinstance(entries_of, Entries)
        async with studio.web_db.transaction(Acting.member(maker)) as db:
            await db.execute(select(Job.id).where(Job.id == job_id).with_for_update())
            taking = asyncio.create_task(_taken(queue))
            await _waits(studio)  # it has the entry and comes for the job, while we have the job and come for the entry
            await cancel(db, job_id)
        entry = await taking
        assert entry.id is not None
        assert entries_of.claimed(entry.id) is None
        if not dies:
            await entries_of.finish_job(entry, Status.SUCCEEDED, True)
            assert entries(studio) == []
    if dies:
        assert entries(studio) == [("doing", str(job_id))]
        assert await one_round(studio, stalled=0) == 1
        async with working(studio):
            async with asyncio.timeout(60):
                while entries(studio):
                    await asyncio.sleep(0.05)
    job = await look(studio, maker, job_id)
    assert (job.state, job.attempt) == ("canceled", 0)
    assert await wallet(studio, maker) == (100, 0)
    assert await balanced(studio)


async def test_a_late_ending_lets_the_worker_go_on_that_takes_the_run_again(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    mine, theirs = (open_queue(studio.queue_url, studio.signals, nobody) for _ in range(2))
    async with mine.open_async(), theirs.open_async():
        first = await _taken(mine)
        assert first.id is not None
        job = mine.job_manager.claimed(first.id)  # type: ignore[attr-defined]
        as_owner(studio, "UPDATE procrastinate_jobs SET status = 'todo'")  # as rescue does
        with psycopg.connect(libpq_url(studio.owner_url)) as db:
            db.execute("SELECT set_config('atelier.studio', 'on', false)")
            # the ending stands at the hold, with the job in its hands, as the other comes
            db.execute("SELECT FROM holds WHERE id = %s FOR UPDATE", [job_id])
            ending = asyncio.create_task(
                finish(studio.worker_db, job, Ending(State.FAILED, code="x", message="x"), entry=first.id)
            )
            await _waits(studio)
            taking = asyncio.create_task(_taken(theirs))
            await _waits(studio, 2)
        assert await ending
        second = await taking
        assert second.id is not None
        assert theirs.job_manager.claimed(second.id) is None  # type: ignore[attr-defined]
        await theirs.job_manager.finish_job(second, Status.SUCCEEDED, True)
    assert entries(studio) == []
    assert (await look(studio, maker, job_id)).error_code == "x"


async def _waits(studio: Studio, many: int = 1) -> None:
    """Until that many statements of the studio's wait for another's lock."""
    asked = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
    async with asyncio.timeout(60):
        with psycopg.connect(libpq_url(studio.owner_url), autocommit=True) as db:
            while db.execute(asked).fetchone() != (many,):
                await asyncio.sleep(0.01)


async def _taken(queue: App) -> QueueJob:
    worker = await queue.job_manager.register_worker()
    found = await queue.job_manager.fetch_job(queues=None, worker_id=worker)
    assert found is not None
    return found

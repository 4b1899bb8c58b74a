"""What a dead worker leaves, and what nobody takes, does not stay."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import psycopg
import pytest
from tests.spine.conftest import (
    Told,
    balanced,
    claim,
    look,
    maker,
    settings,
    start,
    studio,
    told,
    until,
    wallet,
    working,
)

from atelier.base.db import libpq_url
from atelier.jobs import rescue, rules
from atelier.jobs.queue import Taken, open_queue
from atelier.spine import Studio
from atelier.spine.finish import expire

__all__ = ["maker", "settings", "studio", "told"]


async def nobody(taken: Taken) -> bool:
    raise AssertionError("nothing is performed here")


def as_owner(studio: Studio, statement: str, *values: object) -> None:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute(statement, values)


async def one_round(
    studio: Studio, stalled: float = 6.0, served: Sequence[str] = (), watch: rescue.Watch | None = None
) -> int:
    async def end(job: UUID, member: UUID, seen: rescue.Seen) -> None:
        await expire(studio.worker_db, job, member, seen)

    async with open_queue(studio.queue_url, studio.signals, nobody).open_async() as queue:
        return await rescue.rescue(
            queue, studio.worker_db, end, stalled=stalled, served=served, watch=watch or rescue.Watch()
        )


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def take(studio: Studio) -> int:
    """Take the next job from the queue, as a worker that then gives no sign of life; the worker's number."""
    async with open_queue(studio.queue_url, studio.signals, nobody).open_async() as queue:
        worker: int = await queue.job_manager.register_worker()
        assert await queue.job_manager.fetch_job(queues=None, worker_id=worker)
    return worker


_A_DAY_ON = (
    "UPDATE jobs SET created_at = created_at - interval '1 day', started_at = started_at - interval '1 day'",
    "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 day'",
)
_BEAT = "UPDATE procrastinate_workers SET last_heartbeat = clock_timestamp()"


async def test_what_a_dead_worker_had_is_done_by_the_next(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    async with open_queue(studio.queue_url, studio.signals, nobody).open_async() as queue:
        dead = await queue.job_manager.register_worker()
        assert await queue.job_manager.fetch_job(queues=None, worker_id=dead)
    assert (await look(studio, maker, job_id)).attempt == 1
    assert await one_round(studio) == 0  # it may still live
    assert await one_round(studio, stalled=0) == 1
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded")
    assert job.attempt == 2
    assert await wallet(studio, maker) == (99, 0)


async def test_a_run_that_its_worker_forgot_ends_with_its_credits_back(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    await claim(studio, maker, job_id)
    as_owner(studio, "UPDATE jobs SET started_at = now() - interval '10 minutes' WHERE id = %s", job_id)
    assert await one_round(studio) == 1
    job = await look(studio, maker, job_id)
    assert (job.state, job.error_code) == ("failed", "deadline")
    assert await wallet(studio, maker) == (100, 0)
    assert await balanced(studio)


async def test_a_clock_that_is_set_on_by_a_day_ends_no_run(studio: Studio, maker: UUID) -> None:
    job_id, waiting = await start(studio, maker), await start(studio, maker)
    clock = Clock()
    watch = rescue.Watch(clock)
    await take(studio)
    assert await one_round(studio, watch=watch) == 0
    for statement in _A_DAY_ON:
        as_owner(studio, statement)
    assert watch.offset is not None
    watch.offset -= 86400  # as if the database's clock had been set on between two rounds
    clock.now += 2
    assert await one_round(studio, watch=watch) == 0
    as_owner(studio, _BEAT)  # the worker lives, and says so
    for _ in range(5):
        clock.now += 2
        as_owner(studio, _BEAT)
        assert await one_round(studio, watch=watch) == 0
    assert [(await look(studio, maker, each)).state for each in (job_id, waiting)] == ["running", "queued"]


async def test_a_clock_that_is_set_back_does_not_keep_a_run_with_a_dead_worker(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    clock = Clock()
    watch = rescue.Watch(clock)
    await take(studio)
    as_owner(studio, "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat + interval '1 hour'")
    assert await one_round(studio, watch=watch) == 0
    clock.now += rules.STALLED
    assert await one_round(studio, watch=watch) == 1
    async with working(studio):
        await until(studio, maker, job_id, "succeeded")


async def test_a_living_worker_that_does_not_end_a_run_in_its_time_loses_it(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    clock = Clock()
    watch = rescue.Watch(clock)
    await take(studio)
    assert await one_round(studio, watch=watch) == 0
    clock.now += rules.total(2) + rescue.GRACE + 1
    as_owner(studio, _BEAT)
    assert await one_round(studio, watch=watch) == 1
    assert (await look(studio, maker, job_id)).error_code == "deadline"
    assert await wallet(studio, maker) == (100, 0)


async def test_an_entry_that_is_put_back_waits_for_no_clock(studio: Studio, maker: UUID) -> None:
    await start(studio, maker)
    await take(studio)
    assert await one_round(studio, stalled=0) == 1
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        assert db.execute("SELECT scheduled_at FROM procrastinate_jobs").fetchall() == [(None,)]


async def test_a_run_that_nobody_takes_ends_with_its_credits_back(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    as_owner(studio, "UPDATE jobs SET created_at = now() - interval '2 hours' WHERE id = %s", job_id)
    assert await one_round(studio) == 1
    job = await look(studio, maker, job_id)
    assert (job.state, job.error_code) == ("failed", "nobody_came")
    assert await wallet(studio, maker) == (100, 0)


_WAITED = "UPDATE jobs SET created_at = now() - interval '2 hours' WHERE state = 'queued'"


@pytest.mark.parametrize(("ago", "ends"), [("0 minutes", 0), ("59 minutes", 0), ("61 minutes", 1)])
async def test_a_run_waits_on_while_others_of_its_queue_are_made(
    studio: Studio, maker: UUID, ago: str, ends: int
) -> None:
    made, job_id = await start(studio, maker), await start(studio, maker)
    async with working(studio, concurrency=1):
        await until(studio, maker, made, "succeeded")
        await until(studio, maker, job_id, "succeeded")
    waiting = await start(studio, maker)
    as_owner(studio, _WAITED)
    as_owner(studio, f"UPDATE jobs SET started_at = now() - interval '{ago}' WHERE state = 'succeeded'")
    assert await one_round(studio) == ends
    assert (await look(studio, maker, waiting)).state == ("failed" if ends else "queued")


async def test_a_run_waits_on_while_a_long_one_of_its_queue_is_made_and_not_for_another_queues(
    studio: Studio, maker: UUID
) -> None:
    long, job_id, other = [await start(studio, maker) for _ in range(3)]
    await claim(studio, maker, long)
    as_owner(studio, _WAITED)
    as_owner(
        studio,
        "UPDATE jobs SET started_at = now() - interval '90 minutes', deadline_s = 7200 WHERE id = %s",
        long,
    )
    as_owner(studio, "UPDATE jobs SET queue = 'other' WHERE id = %s", other)
    assert await one_round(studio) == 1
    assert [(await look(studio, maker, each)).state for each in (long, job_id, other)] == [
        "running",
        "queued",
        "failed",
    ]


async def test_a_run_that_was_put_back_has_waited_since_then(studio: Studio, maker: UUID, told: Told) -> None:
    told.wait = asyncio.Event()
    job_id = await start(studio, maker)
    async with working(studio, grace=0.2):
        await until(studio, maker, job_id, "running")
    as_owner(studio, _WAITED)
    assert await one_round(studio) == 0
    assert (await look(studio, maker, job_id)).state == "queued"
    as_owner(studio, "UPDATE events SET at = now() - interval '61 minutes' WHERE kind = 'job:requeued'")
    assert await one_round(studio) == 1
    assert (await look(studio, maker, job_id)).error_code == "nobody_came"


async def test_a_worker_gives_up_no_run_that_it_takes_itself(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    as_owner(studio, _WAITED)
    assert await one_round(studio, served=["told"]) == 0
    assert (await look(studio, maker, job_id)).state == "queued"
    assert await one_round(studio, served=["other"]) == 1
    lost = await start(studio, maker)
    as_owner(studio, _WAITED)
    as_owner(studio, "DELETE FROM procrastinate_jobs")
    assert await one_round(studio, served=["told"]) == 1  # nobody can take what is not in the queue
    assert (await look(studio, maker, lost)).error_code == "nobody_came"


@pytest.mark.parametrize("running", [False, True])
async def test_a_run_that_is_taken_as_it_is_given_up_goes_on(studio: Studio, maker: UUID, running: bool) -> None:
    job_id = await start(studio, maker)
    as_owner(studio, _WAITED)
    if running:
        await claim(studio, maker, job_id)
        as_owner(studio, "UPDATE jobs SET started_at = now() - interval '10 minutes'")

    async def end(job: UUID, member: UUID, seen: rescue.Seen) -> None:
        assert seen == rescue.Seen("running" if running else "queued", int(running))
        await claim(studio, maker, job)
        await expire(studio.worker_db, job, member, seen)

    async with open_queue(studio.queue_url, studio.signals, nobody).open_async() as queue:
        await rescue.rescue(queue, studio.worker_db, end, watch=rescue.Watch())
    job = await look(studio, maker, job_id)
    assert (job.state, job.attempt) == ("running", 1 + running)


async def test_a_run_without_a_queue_entry_is_queued_again(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    as_owner(studio, "DELETE FROM procrastinate_jobs")
    as_owner(studio, "UPDATE jobs SET created_at = now() - interval '1 minute'")
    async with working(studio):
        await until(studio, maker, job_id, "succeeded")
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        said = db.execute("SELECT subject_id, member_id, data FROM events WHERE kind = 'job:requeued'").fetchall()
    assert said == [(job_id, maker, {"state": "queued", "reason": "entry_lost"})]


async def test_a_run_that_is_given_up_leaves_the_queue_at_once(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    as_owner(studio, _WAITED)
    assert await one_round(studio) == 1
    assert (await look(studio, maker, job_id)).error_code == "nobody_came"
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        assert db.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


async def test_a_run_that_kills_its_workers_is_given_up(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    as_owner(studio, "UPDATE jobs SET attempt = %s", rules.ATTEMPTS)
    async with working(studio):
        job = await until(studio, maker, job_id, "failed")
    assert job.error_code == "engine_crashed"
    assert await wallet(studio, maker) == (100, 0)


async def test_two_rescuers_at_once_move_a_run_once(studio: Studio, maker: UUID) -> None:
    await start(studio, maker)
    async with open_queue(studio.queue_url, studio.signals, nobody).open_async() as queue:
        dead = await queue.job_manager.register_worker()
        await queue.job_manager.fetch_job(queues=None, worker_id=dead)
    moved = await asyncio.gather(one_round(studio, stalled=0), one_round(studio, stalled=0))
    assert sum(moved) == 1
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        assert db.execute("SELECT status::text FROM procrastinate_jobs").fetchall() == [("todo",)]


@pytest.mark.parametrize(("made", "cost"), [(0, 0), (1, 3), (2, 6), (3, 10)])
def test_a_run_costs_what_it_made_rounded_in_the_members_favour(made: int, cost: int) -> None:
    assert rules.charge(10, made, 3) == cost

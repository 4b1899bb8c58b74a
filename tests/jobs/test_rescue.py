"""What a dead worker leaves, and what nobody takes, does not stay."""

from __future__ import annotations

import asyncio
from uuid import UUID

import psycopg
import pytest
from tests.studio.conftest import balanced, claim, look, maker, settings, start, studio, told, until, wallet, working

from atelier.base.db import libpq_url
from atelier.jobs import rescue, rules
from atelier.jobs.queue import Taken, open_queue
from atelier.studio import Studio
from atelier.studio.perform import expire

__all__ = ["maker", "settings", "studio", "told"]


async def nobody(taken: Taken) -> bool:
    raise AssertionError("nothing is performed here")


def as_owner(studio: Studio, statement: str, *values: object) -> None:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute(statement, values)


async def one_round(studio: Studio, stalled: float = 6.0) -> int:
    async def end(job: UUID, member: UUID, state: str) -> None:
        await expire(studio.worker_db, job, member, state)

    async with open_queue(studio.queue_url, studio.signals, nobody).open_async() as queue:
        return await rescue.rescue(queue, studio.worker_db, end, stalled=stalled)


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


async def test_a_run_that_nobody_takes_ends_with_its_credits_back(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    as_owner(studio, "UPDATE jobs SET created_at = now() - interval '2 hours' WHERE id = %s", job_id)
    assert await one_round(studio) == 1
    job = await look(studio, maker, job_id)
    assert (job.state, job.error_code) == ("failed", "nobody_came")
    assert await wallet(studio, maker) == (100, 0)


async def test_a_run_without_a_queue_entry_is_queued_again(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    as_owner(studio, "DELETE FROM procrastinate_jobs")
    as_owner(studio, "UPDATE jobs SET created_at = now() - interval '1 minute'")
    async with working(studio):
        await until(studio, maker, job_id, "succeeded")


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
    assert sum(moved) in (1, 2)
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        assert db.execute("SELECT status::text FROM procrastinate_jobs").fetchall() == [("todo",)]


@pytest.mark.parametrize(("made", "cost"), [(0, 0), (1, 3), (2, 6), (3, 10)])
def test_a_run_costs_what_it_made_rounded_in_the_members_favour(made: int, cost: int) -> None:
    assert rules.charge(10, made, 3) == cost

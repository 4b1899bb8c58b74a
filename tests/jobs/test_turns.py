"""Turns: of several workers one does the work, once in its time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import psycopg
import pytest

from atelier.base.db import Database, libpq_url
from atelier.jobs import background, turns
from atelier.jobs.background import Round, go_round

HOUR = 3600.0


async def test_of_many_workers_at_once_one_takes_the_turn(worker_db: Database) -> None:
    assert sum(await asyncio.gather(*(turns.take(worker_db, "sweep", HOUR) for _ in range(6)))) == 1
    assert await turns.take(worker_db, "other", HOUR)


async def test_a_turn_comes_again_after_its_time_or_when_its_work_failed(owner_url: str, worker_db: Database) -> None:
    assert await turns.take(worker_db, "sweep", HOUR)
    assert not await turns.take(worker_db, "sweep", HOUR)
    await turns.give_back(worker_db, "sweep")
    assert await turns.take(worker_db, "sweep", HOUR)
    for later in ("- interval '61 minutes'", "+ interval '1 day'"):  # its time is over; the clock was set back a day
        with psycopg.connect(libpq_url(owner_url)) as db:
            db.execute(f"UPDATE turns SET began_at = now() {later}".encode())
        assert await turns.take(worker_db, "sweep", HOUR)
        assert not await turns.take(worker_db, "sweep", HOUR)


async def test_who_waited_while_another_took_the_turn_does_not_take_it_too(owner_url: str, worker_db: Database) -> None:
    """Its transaction began before the other's turn did, which is not a clock that was set back."""
    assert await turns.take(worker_db, "sweep", HOUR)
    async with await psycopg.AsyncConnection.connect(libpq_url(owner_url)) as db:
        await db.execute("UPDATE turns SET began_at = clock_timestamp() - interval '2 hours'")
        waits = asyncio.create_task(turns.take(worker_db, "sweep", HOUR))
        async with asyncio.timeout(60), await psycopg.AsyncConnection.connect(libpq_url(owner_url)) as look:
            while (await (await look.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")).fetchone()) == (0,):
                await asyncio.sleep(0.01)
        await db.execute("UPDATE turns SET began_at = clock_timestamp()")
    assert not await waits


async def rounds_done(worker_db: Database, rounds: Sequence[Round], workers: int, done: asyncio.Event) -> None:
    going = [asyncio.create_task(go_round(rounds, worker_db)) for _ in range(workers)]
    async with asyncio.timeout(60):
        await done.wait()
    for each in going:
        each.cancel()
    await asyncio.gather(*going, return_exceptions=True)


async def test_of_several_workers_one_does_a_round_that_is_done_alone(
    worker_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "LOOK", 0.01)
    done, hourly, often = asyncio.Event(), 0, 0

    async def once_an_hour() -> None:
        nonlocal hourly
        hourly += 1

    async def all_the_time() -> None:
        nonlocal often
        often += 1
        if often == 10:
            done.set()

    rounds = [
        Round("test:hourly", HOUR, once_an_hour, alone=True),
        Round("test:often", 0.01, all_the_time, alone=True),
    ]
    await rounds_done(worker_db, rounds, 3, done)
    assert hourly == 1


async def test_a_round_that_is_done_alone_and_fails_comes_again_before_its_time(worker_db: Database) -> None:
    done, times = asyncio.Event(), 0

    async def run() -> None:
        nonlocal times
        times += 1
        if times == 3:
            done.set()
        raise ValueError

    await rounds_done(worker_db, [Round("test:fails", 0.05, run, alone=True)], 1, done)

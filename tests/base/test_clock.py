"""The clock of a process: the database's, whatever this machine's says, and whatever becomes of either."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from tests.conftest import SetClock

from atelier.base.clock import DatabaseClock, machine_now, now
from atelier.base.db import Acting, Database

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


class Steady:
    """A steady clock that a test moves, and a database that takes its time to answer."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.database = NOON
        self.takes = 0.0

    def __call__(self) -> float:
        return self.at

    async def fetch(self, query: str) -> datetime:
        self.at += self.takes / 2
        answer = self.database
        self.at += self.takes / 2
        return answer


async def test_it_counts_on_from_what_the_database_said() -> None:
    steady = Steady()
    clock = DatabaseClock(steady)
    await clock.synchronize(steady.fetch)
    assert clock.now() == NOON
    steady.at += 90
    assert clock.now() == NOON + timedelta(seconds=90)


async def test_the_time_that_the_answer_takes_is_counted() -> None:
    steady = Steady()
    clock = DatabaseClock(steady)
    steady.takes = 4.0
    await clock.synchronize(steady.fetch)
    assert clock.now() == NOON + timedelta(seconds=2)


async def test_it_follows_a_database_whose_clock_is_set() -> None:
    steady = Steady()
    clock = DatabaseClock(steady)
    await clock.synchronize(steady.fetch)
    steady.database = NOON - timedelta(hours=1)
    await clock.synchronize(steady.fetch)
    assert clock.now() == NOON - timedelta(hours=1)


def test_before_the_database_was_asked_it_is_the_machines_own(set_clock: SetClock) -> None:
    set_clock(3600)
    assert abs(DatabaseClock().now() - machine_now()) < timedelta(minutes=1)


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
async def test_a_transaction_sets_it(web_db: Database, set_clock: SetClock, step: float) -> None:
    set_clock(step)
    async with web_db.transaction(Acting.nobody()) as db:
        said: datetime = (await db.execute(text("SELECT clock_timestamp()"))).scalar_one()
    assert abs(now() - said) < timedelta(minutes=1)
    assert abs(machine_now() - said - timedelta(seconds=step)) < timedelta(minutes=1)

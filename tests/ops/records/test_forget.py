"""Events are kept for as long as the settings say: those of runs and files shorter, the security trail longer."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import Connection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from atelier.base.db import Acting, Database, libpq_url
from atelier.ops.records.forget import forget


@pytest.fixture
def owner(owner_url: str) -> Iterator[Connection]:
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        yield db


def happened(owner: Connection, kind: str, days_ago: int, times: int = 1) -> None:
    owner.execute(
        "INSERT INTO events (kind, at) SELECT %s, now() - make_interval(days => %s) FROM generate_series(1, %s)",
        [kind, days_ago, times],
    )


def left(owner: Connection) -> list[tuple[str, int]]:
    found = owner.execute("SELECT kind, extract(day FROM now() - at)::int FROM events ORDER BY id").fetchall()
    return [(kind, days) for kind, days in found]


async def test_what_is_old_goes_by_its_kind(owner: Connection, worker_db: Database) -> None:
    for days in (500, 300, 170, 1):
        for kind in ("job:succeeded", "asset:expired", "session:started"):
            happened(owner, kind, days)
    assert await forget(worker_db, activity_days=180, trail_days=400) == 5
    recent = [(kind, days) for days in (170, 1) for kind in ("job:succeeded", "asset:expired", "session:started")]
    assert left(owner) == [("session:started", 300), *recent]
    assert await forget(worker_db, activity_days=180, trail_days=400) == 0


async def test_it_goes_on_batch_by_batch_past_what_stays(owner: Connection, worker_db: Database) -> None:
    happened(owner, "session:started", 300, 25)
    happened(owner, "job:succeeded", 300, 25)
    happened(owner, "job:succeeded", 1, 3)
    assert await forget(worker_db, activity_days=180, trail_days=400, batch=10) == 25
    assert len(left(owner)) == 28


async def test_nobody_forgets_what_is_younger_than_thirty_days(
    owner: Connection, web_db: Database, worker_db: Database, operator_db: Database
) -> None:
    happened(owner, "job:succeeded", 20)
    with pytest.raises(DBAPIError, match="after 30 days or more"):
        await forget(worker_db, activity_days=10, trail_days=400)
    for database in (web_db, operator_db):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.transaction(Acting.for_studio()) as db:
                await db.execute(text("SELECT events_forget(0, 30, 30, 10)"))
    assert left(owner) == [("job:succeeded", 20)]


async def test_while_another_forgets_nothing_is_done_twice(owner: Connection, worker_db: Database) -> None:
    happened(owner, "job:succeeded", 300)
    with owner.transaction():
        owner.execute("SELECT pg_advisory_xact_lock(hashtextextended('events_forget', 0))")
        assert await forget(worker_db, activity_days=180, trail_days=400) == 0
    assert await forget(worker_db, activity_days=180, trail_days=400) == 1

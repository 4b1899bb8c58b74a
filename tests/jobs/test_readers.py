"""Event readers: each event once and in order, whatever dies or fails, and none skipped or deleted unread."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from psycopg import Connection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from tests.conftest import SECRET

from atelier.base import events, migrate
from atelier.base.background import Reader
from atelier.base.db import Acting, Database, libpq_url
from atelier.base.events import Event
from atelier.base.signals import Signals
from atelier.jobs import readers
from atelier.jobs.readers import SameReader, begin, check_readers, read, read_forever
from atelier.ops.records.forget import forget

STUDIO = Acting.for_studio()
KINDS = frozenset({"test:happened"})


class Noting:
    """A reader that keeps what it read in a table, as one that sends webhooks would."""

    def __init__(self, name: str = "noting") -> None:
        self.reader = Reader(name, KINDS, self.run)
        self.reading = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.refused: int | None = None

    async def run(self, db: AsyncSession, found: Sequence[Event]) -> None:
        for event in found:
            await db.execute(text("INSERT INTO noted VALUES (:number)"), {"number": event.data["number"]})
        self.reading.set()
        await self.go_on.wait()
        if self.refused in [event.data["number"] for event in found]:
            raise ValueError(f"{self.refused} is refused")


@pytest.fixture
def owner(owner_url: str) -> Iterator[Connection]:
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute("CREATE TABLE noted (number integer)")
        db.execute("GRANT INSERT ON noted TO atelier_worker")
        yield db


@pytest.fixture
async def noting(owner: Connection, worker_db: Database) -> Noting:
    noting = Noting()
    await begin(noting.reader, worker_db)
    return noting


async def happen(worker_db: Database, *numbers: int) -> None:
    async with worker_db.transaction(STUDIO) as db:
        for number in numbers:
            await events.record(db, "test:happened", member=None, number=number)


def noted(owner: Connection) -> list[int]:
    return [row[0] for row in owner.execute("SELECT number FROM noted").fetchall()]


def pause_over(owner: Connection) -> None:
    owner.execute("UPDATE event_readers SET retry_at = now()")


async def test_it_reads_its_kinds_once_in_order_and_in_batches(
    owner: Connection, worker_db: Database, noting: Noting
) -> None:
    await happen(worker_db, 1, 2, 3)
    async with worker_db.transaction(STUDIO) as db:
        await events.record(db, "test:other", member=None)
    await happen(worker_db, 4)
    assert [await read(noting.reader, worker_db, batch=2) for _ in range(4)] == [2, 2, 1, 0]
    assert noted(owner) == [1, 2, 3, 4]
    await begin(noting.reader, worker_db)  # another worker starts: the place stays
    assert await read(noting.reader, worker_db) == 0


async def test_an_event_that_is_committed_late_is_read_first(
    owner: Connection, worker_db: Database, noting: Noting
) -> None:
    async with worker_db.transaction(STUDIO) as slow:
        await events.record(slow, "test:happened", member=None, number=1)
        await happen(worker_db, 2)
        assert await read(noting.reader, worker_db) == 0
    assert await read(noting.reader, worker_db) == 2
    assert noted(owner) == [1, 2]


async def test_two_workers_never_run_one_reader_at_once(owner: Connection, worker_db: Database, noting: Noting) -> None:
    await happen(worker_db, 1)
    noting.go_on.clear()
    first = asyncio.create_task(read(noting.reader, worker_db))
    await noting.reading.wait()
    assert await read(noting.reader, worker_db) == 0
    noting.go_on.set()
    assert await first == 1
    assert noted(owner) == [1]


async def test_one_that_fails_comes_as_far_as_the_event_that_it_refuses(
    owner: Connection, worker_db: Database, noting: Noting
) -> None:
    await happen(worker_db, 1, 2, 3)
    noting.refused = 2
    assert await read(noting.reader, worker_db) == 0
    assert noted(owner) == []
    assert await read(noting.reader, worker_db) == 0  # it pauses
    pause_over(owner)
    assert await read(noting.reader, worker_db) == 1
    assert await read(noting.reader, worker_db) == 0
    assert noted(owner) == [1]
    assert owner.execute("SELECT failures, error FROM event_readers").fetchone() == (1, "ValueError: 2 is refused")
    noting.refused = None
    pause_over(owner)
    while await read(noting.reader, worker_db):
        pass
    assert noted(owner) == [1, 2, 3]
    assert owner.execute("SELECT failures, error FROM event_readers").fetchone() == (0, None)


async def test_one_that_fails_stops_no_other_and_a_signal_wakes_each(
    owner: Connection, owner_url: str, worker_db: Database, noting: Noting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "EVERY", 60.0)
    noting.refused = 1
    other = Noting("other")
    signals = Signals(worker_db.engine.url)
    going = asyncio.create_task(read_forever([noting.reader, other.reader], worker_db, signals))
    async with signals.running(), asyncio.timeout(60):
        await signals.connected.wait()  # they listened before, as in a worker, so no signal is lost
        while owner.execute("SELECT count(*) FROM event_readers").fetchone() != (2,):
            await asyncio.sleep(0.01)
        await happen(worker_db, 1)
        await asyncio.gather(noting.reading.wait(), other.reading.wait())
        while noted(owner) != [1]:
            await asyncio.sleep(0.01)
        going.cancel()


_KILLED = """
import asyncio, sys
from atelier.base.background import Reader
from atelier.base.db import connect
from atelier.jobs.readers import read
from sqlalchemy import text

async def run(db, events):
    await db.execute(text("INSERT INTO noted VALUES (99)"))
    print("reading", flush=True)
    await asyncio.sleep(600)

database = connect(sys.argv[1], "worker", sys.argv[2])
asyncio.run(read(Reader("noting", frozenset({"test:happened"}), run), database))
"""


async def test_a_worker_that_is_killed_as_it_reads_leaves_everything_to_the_next(
    owner: Connection, owner_url: str, worker_db: Database, noting: Noting
) -> None:
    await happen(worker_db, 1, 2)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED, owner_url, SECRET, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"reading\n"
    assert await read(noting.reader, worker_db) == 0
    process.kill()
    await process.wait()
    async with asyncio.timeout(60):
        while not await read(noting.reader, worker_db):
            await asyncio.sleep(0.01)
    assert noted(owner) == [1, 2]


async def test_what_a_reader_has_yet_to_read_is_not_deleted(
    owner: Connection, worker_db: Database, noting: Noting
) -> None:
    await happen(worker_db, 1)
    owner.execute("UPDATE events SET at = now() - interval '500 days'")
    assert await forget(worker_db, activity_days=180, trail_days=400) == 0
    assert await read(noting.reader, worker_db) == 1
    assert await forget(worker_db, activity_days=180, trail_days=400) == 1


async def test_a_reader_that_is_no_more_keeps_nothing(owner: Connection, worker_db: Database, noting: Noting) -> None:
    await happen(worker_db, 1)
    owner.execute("UPDATE events SET at = now() - interval '500 days'")
    owner.execute("UPDATE event_readers SET seen_at = now() - interval '8 days'")
    assert await forget(worker_db, activity_days=180, trail_days=400) == 1


async def test_after_a_restore_into_another_cluster_it_reads_what_it_had_not_read(
    owner: Connection, owner_url: str, worker_db: Database, noting: Noting
) -> None:
    """Where the backup was made, more transactions had been counted than there are here."""
    await happen(worker_db, 1)
    assert await read(noting.reader, worker_db) == 1
    await happen(worker_db, 2)
    owner.execute("UPDATE events SET xid = '900000000000'")
    owner.execute("UPDATE event_readers SET xid = '900000000000', id = (SELECT min(id) FROM events)")
    migrate.upgrade(owner_url, SECRET)
    await happen(worker_db, 3)
    while await read(noting.reader, worker_db):
        pass
    assert noted(owner) == [1, 2, 3]
    migrate.upgrade(owner_url, SECRET)
    assert await read(noting.reader, worker_db) == 0


def test_two_readers_of_one_name_are_refused() -> None:
    with pytest.raises(SameReader, match="noting"):
        check_readers([Noting().reader, Noting().reader])

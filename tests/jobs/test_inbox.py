"""The inbox: what another server sends comes once, is lost by no crash, and stays as failed when nothing helps."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import Connection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from tests.conftest import SECRET

from atelier.base.background import Message, Sender, Task
from atelier.base.db import Acting, Database, libpq_url
from atelier.jobs import inbox
from atelier.jobs.background import Again, requeue
from atelier.jobs.inbox import SameSender, accept

NOBODY = Acting.nobody()


class Shop:
    """A sender whose messages are noted, and refused while `closed`."""

    def __init__(self, database: Database) -> None:
        self.closed = False
        self.task = inbox.task([Sender("shop", self.run)], database)

    async def run(self, db: AsyncSession, message: Message) -> None:
        await db.execute(text("INSERT INTO noted VALUES (:said)"), {"said": message.body.decode()})
        if self.closed:
            raise ValueError("closed")


@pytest.fixture
def owner(owner_url: str) -> Iterator[Connection]:
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute("CREATE TABLE noted (said text)")
        db.execute("GRANT INSERT ON noted TO atelier_worker")
        yield db


@pytest.fixture
def shop(owner: Connection, worker_db: Database) -> Shop:
    return Shop(worker_db)


async def send(web_db: Database, event_id: str, body: bytes = b"paid", source: str = "shop") -> bool:
    async with web_db.transaction(NOBODY) as db:
        return await accept(db, source, event_id, body)


async def work(owner: Connection, task: Task) -> None:
    """Do what stands in the queue, as a worker would."""
    for (message_id,) in owner.execute("SELECT args ->> 'message_id' FROM procrastinate_jobs").fetchall():
        await task.run(message_id=message_id)


def noted(owner: Connection) -> list[str]:
    return [row[0] for row in owner.execute("SELECT said FROM noted").fetchall()]


def states(owner: Connection) -> list[tuple[str, int, str | None]]:
    found = owner.execute("SELECT state, attempts, error FROM inbox ORDER BY id").fetchall()
    return [(state, attempts, error) for state, attempts, error in found]


async def test_the_same_message_twice_at_once_comes_once(
    owner: Connection, web_db: Database, worker_db: Database, shop: Shop
) -> None:
    assert sorted(await asyncio.gather(*(send(web_db, "one") for _ in range(4)))) == [False, False, False, True]
    assert await send(web_db, "one", source="bank")  # each source has its own names
    owner.execute("DELETE FROM inbox WHERE source = 'bank'")
    for _ in range(2):  # an entry may be done twice
        await work(owner, shop.task)
    assert noted(owner) == ["paid"]
    assert states(owner) == [("done", 0, None)]
    assert not await send(web_db, "one")


async def test_a_message_whose_transaction_fails_is_neither_stored_nor_queued(
    owner: Connection, web_db: Database, shop: Shop
) -> None:
    async with web_db.transaction(NOBODY) as db:
        await accept(db, "shop", "one", b"paid")
        await db.rollback()
    assert states(owner) == []
    assert owner.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


async def test_one_that_cannot_be_worked_off_is_tried_again_and_then_stays_as_failed(
    owner: Connection, web_db: Database, shop: Shop
) -> None:
    await send(web_db, "one")
    shop.closed = True
    pauses = []
    for _ in range(inbox.TRIES - 1):
        with pytest.raises(Again) as again:
            await work(owner, shop.task)
        pauses.append(again.value.seconds)
    assert pauses == [10, 20, 40, 80, 160, 320, 640]
    assert noted(owner) == []  # what it wrote before it failed is undone
    await work(owner, shop.task)
    assert states(owner) == [("failed", inbox.TRIES, "ValueError: closed")]


async def test_one_that_failed_and_is_sent_again_is_tried_again(
    owner: Connection, web_db: Database, shop: Shop
) -> None:
    await send(web_db, "one")
    owner.execute("DELETE FROM procrastinate_jobs")
    owner.execute("UPDATE inbox SET state = 'failed', attempts = 8, error = 'ValueError: closed', ended_at = now()")
    assert await send(web_db, "one", b"paid again")
    assert not await send(web_db, "one", b"paid again")
    await work(owner, shop.task)
    assert noted(owner) == ["paid again"]
    assert states(owner) == [("done", 0, None)]


async def test_one_of_a_sender_that_nobody_declares_says_so(owner: Connection, web_db: Database, shop: Shop) -> None:
    await send(web_db, "one", source="bank")
    with pytest.raises(Again):
        await work(owner, shop.task)
    assert states(owner) == [("waiting", 1, "NobodyKnows: No room declares the sender bank.")]


_KILLED = """
import asyncio, sys
from atelier.base.background import Sender
from atelier.base.db import connect
from atelier.jobs import inbox
from sqlalchemy import text

async def run(db, message):
    await db.execute(text("INSERT INTO noted VALUES ('half')"))
    print("working", flush=True)
    await asyncio.sleep(600)

database = connect(sys.argv[1], "worker", sys.argv[2])
asyncio.run(inbox.task([Sender("shop", run)], database).run(message_id=sys.argv[3]))
"""


async def test_a_worker_that_is_killed_between_storing_and_the_end_loses_nothing(
    owner: Connection, owner_url: str, web_db: Database, worker_db: Database, shop: Shop
) -> None:
    await send(web_db, "one")
    row = owner.execute("SELECT id::text FROM inbox").fetchone()
    assert row is not None
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED, owner_url, SECRET, row[0], stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"working\n"
    process.kill()
    await process.wait()
    owner.execute("DELETE FROM procrastinate_jobs")  # its entry is lost with it
    owner.execute("UPDATE inbox SET created_at = now() - interval '1 minute'")
    async with asyncio.timeout(60):
        while not await requeue([shop.task], worker_db):
            await asyncio.sleep(0.01)  # the killed worker's connection still holds the row
    assert await requeue([shop.task], worker_db) == 0
    await work(owner, shop.task)
    assert noted(owner) == ["paid"]


async def test_messages_are_deleted_a_month_after_their_end(
    owner: Connection, web_db: Database, worker_db: Database, shop: Shop
) -> None:
    for name in ("old", "new"):
        await send(web_db, name)
    await work(owner, shop.task)
    await send(web_db, "waiting")
    owner.execute("UPDATE inbox SET ended_at = now() - interval '31 days' WHERE event_id = 'old'")
    owner.execute("UPDATE inbox SET created_at = now() - interval '31 days' WHERE event_id = 'waiting'")
    assert await inbox.forget(worker_db) == 1
    left = owner.execute("SELECT event_id, body FROM inbox ORDER BY id").fetchall()
    assert left == [("new", b""), ("waiting", b"paid")]  # what is worked off is not kept


@pytest.mark.parametrize(
    "statement", ["SELECT body FROM inbox", "DELETE FROM inbox", "UPDATE inbox SET state = 'done'"]
)
async def test_a_web_process_reads_and_changes_no_message(web_db: Database, owner: Connection, statement: str) -> None:
    await send(web_db, "one")
    with pytest.raises(DBAPIError, match="permission denied"):
        async with web_db.transaction(Acting.nobody()) as db:
            await db.execute(text(statement))


@pytest.mark.parametrize(
    ("source", "event_id", "body"), [("Shop!", "a", b""), ("shop", "", b""), ("shop", "a" * 256, b"")]
)
async def test_a_message_without_proper_names_is_refused(
    web_db: Database, source: str, event_id: str, body: bytes
) -> None:
    with pytest.raises(DBAPIError, match="check constraint"):
        await send(web_db, event_id, body, source)


def test_two_senders_of_one_name_are_refused(worker_db: Database) -> None:
    shop = Shop(worker_db)
    with pytest.raises(SameSender, match="shop"):
        inbox.task([Sender("shop", shop.run), Sender("shop", shop.run)], worker_db)

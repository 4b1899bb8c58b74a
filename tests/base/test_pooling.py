"""Connections behind a pooler that hands each transaction another server's connection."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from tests.conftest import SECRET

from atelier.base import events
from atelier.base.db import Acting, Database, commit_together, connect
from atelier.base.ids import new_id

_SAID = text(
    "SELECT current_setting('atelier.member'), current_setting('atelier.knock'), current_setting('atelier.studio')"
)


@pytest.fixture
async def pooled(owner_url: str) -> AsyncIterator[Database]:
    """One connection, on which nothing may be prepared."""
    database = connect(owner_url, "worker", SECRET, pool=1, prepare=False)
    yield database
    await database.close()


async def _as_another(database: Database) -> None:
    """Forget everything that the connection knows, as if it were another."""
    async with database.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        await raw.driver_connection.execute("DISCARD ALL")


@pytest.mark.parametrize("knock", ["mara@example.org", "'; DROP TABLE members; --", "{0} {}", "back\\slash'"])
async def test_each_transaction_says_for_whom_it_acts_on_a_connection_it_has_never_seen(
    pooled: Database, knock: str
) -> None:
    member = new_id()
    for _ in range(2):
        async with pooled.transaction(Acting(member_id=member, knock=knock)) as db:
            assert tuple((await db.execute(_SAID)).one()) == (str(member), knock, "off")
            assert (await db.execute(text("SHOW jit"))).scalar_one() == "off"
        await _as_another(pooled)


async def test_one_commits_together_there_too(pooled: Database) -> None:
    member = new_id()
    for _ in range(2):
        async with pooled.transaction(Acting.member(member)) as db:
            await events.record(db, "test:happened", member=member)
            await commit_together(db)
        await _as_another(pooled)
    async with pooled.transaction(Acting.member(member)) as db:
        count = text("SELECT count(*) FROM events WHERE kind = 'test:happened' AND member_id = :member")
        assert (await db.execute(count, {"member": member})).scalar_one() == 2


async def test_nothing_stays_prepared(pooled: Database, web_db: Database) -> None:
    prepared = text("SELECT name FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared_statements%'")
    for database, left in ((pooled, False), (web_db, True)):
        for _ in range(3):
            async with database.transaction(Acting.nobody()) as db:
                await db.execute(_SAID)
        async with database.transaction(Acting.nobody()) as db:
            assert bool((await db.execute(prepared)).all()) is left

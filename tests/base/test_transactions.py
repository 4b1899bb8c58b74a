"""What a transaction says as it begins, and when its caller goes on after its end."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from atelier.base import events
from atelier.base.db import Acting, Database, commit_together
from atelier.base.ids import new_id

_SAID = text(
    "SELECT current_setting('atelier.member'), current_setting('atelier.knock'), current_setting('atelier.studio')"
)


@pytest.mark.parametrize(
    "knock", ["mara@example.org", "o'hara@example.org", "'; DROP TABLE members; --", "back\\slash'"]
)
async def test_it_says_for_whom_it_acts_in_exactly_these_words(web_db: Database, knock: str) -> None:
    async with web_db.transaction(Acting(knock=knock)) as db:
        assert tuple((await db.execute(_SAID)).one()) == ("", knock, "off")


async def test_it_says_so_anew_each_time_on_the_same_connection(web_db: Database) -> None:
    first, second = new_id(), new_id()
    for member in (first, second):
        async with web_db.transaction(Acting.member(member)) as db:
            assert tuple((await db.execute(_SAID)).one()) == (str(member), "", "off")
    async with web_db.transaction(Acting.nobody()) as db:
        assert tuple((await db.execute(_SAID)).one()) == ("", "", "off")


async def test_one_that_commits_together_is_on_the_disk_when_its_caller_goes_on(web_db: Database) -> None:
    member = new_id()
    async with web_db.transaction(Acting.nobody()) as db:
        await db.execute(text("SET synchronous_commit = on"))  # as outside of tests, on the one connection of this pool
    for _ in range(20):
        async with web_db.transaction(Acting.member(member)) as db:
            await events.record(db, "test:happened", member=member)
            await commit_together(db)
            written = (await db.execute(text("SELECT pg_current_wal_insert_lsn()::text"))).scalar_one()
        async with web_db.transaction(Acting.member(member)) as db:
            flushed = text("SELECT pg_current_wal_flush_lsn() > CAST(CAST(:written AS text) AS pg_lsn)")
            assert (await db.execute(flushed, {"written": written})).scalar_one()
            assert (await db.execute(text("SHOW synchronous_commit"))).scalar_one() == "on"


async def test_one_that_is_rolled_back_leaves_nothing_for_the_next(web_db: Database) -> None:
    member = new_id()

    async def break_down() -> None:
        async with web_db.transaction(Acting.member(member)) as db:
            await events.record(db, "test:happened", member=member)
            await commit_together(db)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_down()
    async with web_db.transaction(Acting.member(member)) as db:
        assert (await db.execute(text("SELECT count(*) FROM events"))).scalar_one() == 0

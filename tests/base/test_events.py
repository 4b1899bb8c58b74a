"""Events: each reader sees its own, in order, none twice and none left out."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from atelier.base import events
from atelier.base.db import Acting, Database
from atelier.base.ids import new_id


async def test_a_member_reads_only_their_own_facts(web_db: Database, worker_db: Database) -> None:
    maker, stranger = new_id(), new_id()
    async with web_db.transaction(Acting.member(maker)) as db:
        start = await events.here(db)
        await events.record(db, "job:queued", member=maker, subject=maker, pictures=4)
    async with web_db.transaction(Acting.member(maker)) as db:
        assert [event.data for _, event in await events.after(db, start)] == [{"pictures": 4}]
    async with web_db.transaction(Acting.member(stranger)) as db:
        assert await events.after(db, start) == []
    async with web_db.transaction(Acting(studio=True)) as db:  # the web role cannot act for the studio
        assert await events.after(db, start) == []
    async with worker_db.transaction(Acting.for_studio()) as db:
        assert len(await events.after(db, start)) == 1


async def test_nobody_writes_a_fact_in_another_members_name(web_db: Database) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        async with web_db.transaction(Acting.member(new_id())) as db:
            await events.record(db, "job:queued", member=new_id())


async def test_a_slow_writers_fact_is_late_and_never_skipped(web_db: Database) -> None:
    member = new_id()
    acting = Acting.member(member)
    async with web_db.transaction(acting) as db:
        start = await events.here(db)
    async with web_db.transaction(acting) as slow:
        await events.record(slow, "job:slow", member=member)
        async with web_db.transaction(acting) as quick:
            await events.record(quick, "job:quick", member=member)
        async with web_db.transaction(acting) as reader:
            assert await events.after(reader, start) == []  # the quick one waits for the slow one before it
            assert await events.late(reader, start)
    async with web_db.transaction(acting) as reader:
        found = await events.after(reader, start)
        assert [event.kind for _, event in found] == ["job:slow", "job:quick"]
        assert await events.after(reader, found[0][0]) == found[1:] or [m for m, _ in found[1:]] == [
            m for m, _ in await events.after(reader, found[0][0])
        ]
        assert not await events.late(reader, found[-1][0])


async def test_the_facts_of_one_subject(web_db: Database) -> None:
    member, one, other = new_id(), new_id(), new_id()
    acting = Acting.member(member)
    async with web_db.transaction(acting) as db:
        start = await events.here(db)
        for kind, subject in (("a:one", one), ("a:other", other), ("b:none", None), ("b:one", one)):
            await events.record(db, kind, member=member, subject=subject)
    async with web_db.transaction(acting) as reader:
        found = await events.after(reader, start, subject=one)
        assert [event.kind for _, event in found] == ["a:one", "b:one"]
        beyond = await events.after(reader, found[0][0], limit=1, subject=one)
        assert [mark for mark, _ in beyond] == [found[1][0]]
        assert await events.late(reader, start, subject=one)
        assert not await events.late(reader, start, subject=new_id())
        assert not await events.late(reader, found[-1][0], subject=one)


@pytest.mark.parametrize("written", ["", "-", "1", "a-b", "1-", "-1", "٣-4", f"{2**70}-1", "1-2-3"])
def test_garbage_is_no_place_in_the_stream(written: str) -> None:
    assert events.Mark.parse(written) is None


def test_a_place_reads_back_as_it_was_written() -> None:
    assert events.Mark.parse(str(events.Mark(7, 9))) == events.Mark(7, 9)

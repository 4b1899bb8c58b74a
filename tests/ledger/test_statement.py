"""A statement tells every change of a wallet, newest first, page by page."""

from __future__ import annotations

from uuid import UUID

from tests.ledger.bank import Bank

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.ids import new_id


async def _lines(bank: Bank, member: UUID, before: UUID | None = None, limit: int = 50) -> list[ledger.Line]:
    async with bank.web.transaction(Acting.member(member)) as db:
        return await ledger.statement(db, member_id=member, before=before, limit=limit)


async def test_each_line_says_what_it_was_for(bank: Bank) -> None:
    maker = await bank.member(10)
    job = await bank.hold(maker, 4)
    await bank.settle(job, 3)
    lines = await _lines(bank, maker)
    assert [(line.kind, line.amount, line.balance, line.memo, line.job_id) for line in lines] == [
        ("settle", 1, 7, "4 pictures", job),
        ("hold", -4, 6, "4 pictures", job),
        ("grant", 10, 10, "A gift", None),
    ]
    assert [(line.hold, line.used) for line in lines] == [("settled", 3), ("settled", 3), (None, None)]


async def test_pages_follow_one_another_without_gap_or_repeat(bank: Bank) -> None:
    maker = await bank.member(100)
    for n in range(1, 8):
        await bank.hold(maker, n)
    found: list[ledger.Line] = []
    while page := await _lines(bank, maker, found[-1].id if found else None, limit=3):
        found += page
        await bank.hold(maker, 1)  # what is new while somebody reads does not shift the pages
    assert [line.amount for line in found] == [-7, -6, -5, -4, -3, -2, -1, 100]
    async with bank.web.transaction(Acting.member(maker)) as db:
        assert await ledger.lines(db, member_id=maker) == 11


async def test_a_strangers_statement_is_empty_and_so_is_one_before_nothing(bank: Bank) -> None:
    maker, stranger = await bank.member(10), await bank.member(10)
    theirs = (await _lines(bank, maker))[0].id
    async with bank.web.transaction(Acting.member(stranger)) as db:
        assert await ledger.statement(db, member_id=maker) == []
        assert (await ledger.balance(db, member_id=maker)).available == 0
        assert await ledger.lines(db, member_id=maker) == 0
    assert await _lines(bank, stranger, before=theirs) == []
    assert await _lines(bank, stranger, before=new_id()) == []

"""Movements that a table allows, debts that are paid first, and transfers that are taken back exactly once."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.ledger.bank import STUDIO, Bank, Saboteur

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.ledger.holds import NotEnoughCredits
from atelier.ledger.move import MovedOtherwise, NotAllowed, NoTransfer


async def _last(bank: Bank, kind: str) -> UUID:
    async with bank.operator.transaction(STUDIO) as db:
        query = text("SELECT id FROM transfers WHERE kind = :kind ORDER BY created_at DESC, id DESC LIMIT 1")
        return (await db.execute(query, {"kind": kind})).scalar_one()  # type: ignore[no-any-return] # a UUID column


async def test_a_movement_is_made_once_for_its_key(bank: Bank) -> None:
    maker, other = await bank.member(), await bank.member()
    made = await asyncio.gather(*(bank.move("buy", maker, 50, "order 1") for _ in range(4)))
    assert sorted(made) == [False, False, False, True]
    for member, amount in ((maker, 51), (other, 50)):
        with pytest.raises(MovedOtherwise):
            await bank.move("buy", member, amount, "order 1")
    assert await bank.balance(maker) == (50, 0)
    assert await bank.total("clearing") == -50


async def test_only_movements_of_the_table_are_made_and_only_by_those_whom_it_names(bank: Bank) -> None:
    maker = await bank.member(10)
    for kind in ("grant", "earn", "tip", "hold", "expire"):
        with pytest.raises(NotAllowed):
            await bank.move(kind, maker, 5)
    with pytest.raises(NotAllowed):
        async with bank.worker.transaction(Acting.member(maker)) as db:  # for a member, not for the studio
            await ledger.move(db, "buy", member_id=maker, amount=5, key="k")
    for query in ("SELECT ledger_move(:id, 'buy', :id, 5, 'k')", "SELECT ledger_reverse(:id, :id)"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with bank.web.transaction(Acting.member(maker)) as db:
                await db.execute(text(query), {"id": maker})
    assert await bank.balance(maker) == (10, 0)


async def test_a_refund_takes_no_more_than_there_is(bank: Bank) -> None:
    maker = await bank.member(10)
    with pytest.raises(NotEnoughCredits):
        await bank.move("refund", maker, 11)
    await bank.move("refund", maker, 10)
    assert await bank.balance(maker) == (0, 0)


async def test_a_chargeback_leaves_a_debt_that_credits_pay_first(bank: Bank) -> None:
    maker = await bank.member()
    await bank.move("buy", maker, 50)
    await bank.settle(await bank.hold(maker, 30), 30)
    await bank.move("chargeback", maker, 50)
    assert (await bank.balance(maker), await bank.owed(maker)) == ((0, 0), 30)
    await bank.grant(maker, 20)
    assert (await bank.balance(maker), await bank.owed(maker)) == ((0, 0), 10)
    await bank.move("buy", maker, 25)
    assert (await bank.balance(maker), await bank.owed(maker)) == ((15, 0), 0)
    assert (await bank.check()).differences == []


async def test_credits_that_come_back_from_a_hold_pay_the_debt_too(bank: Bank) -> None:
    maker = await bank.member()
    await bank.move("buy", maker, 50)
    job = await bank.hold(maker, 40)
    await bank.move("chargeback", maker, 50)
    assert (await bank.balance(maker), await bank.owed(maker)) == ((0, 40), 40)
    await bank.settle(job, 15)
    assert (await bank.balance(maker), await bank.owed(maker)) == ((0, 0), 15)
    assert (await bank.check()).differences == []


async def test_a_purchase_is_reversed_once_from_the_lot_that_it_opened(bank: Bank) -> None:
    maker = await bank.member()
    await bank.lot(maker, 10, 30)
    bought = await bank.lot(maker, 50, kind="buy")
    done = await asyncio.gather(*(bank.reverse(bought) for _ in range(4)))
    assert sorted(done) == [False, False, False, True]
    assert await bank.lots(maker) == [10, 0]
    async with bank.web.transaction(Acting.member(maker)) as db:
        newest = (await ledger.statement(db, member_id=maker))[0]
    assert (newest.kind, newest.amount, newest.reverses) == ("reverse", -50, bought)
    assert await bank.total("clearing") == 0
    assert (await bank.check()).differences == []


async def test_a_purchase_that_was_spent_is_reversed_only_with_a_debt(bank: Bank) -> None:
    maker = await bank.member()
    bought = await bank.lot(maker, 50, kind="buy")
    await bank.settle(await bank.hold(maker, 45), 45)
    with pytest.raises(NotEnoughCredits):
        await bank.reverse(bought)
    assert await bank.reverse(bought, owes=True) is True
    assert (await bank.balance(maker), await bank.owed(maker)) == ((0, 0), 45)
    assert (await bank.check()).differences == []


@pytest.mark.parametrize("paid", [0, 10, 45, 60])
async def test_a_chargeback_that_is_won_gives_everything_back(bank: Bank, paid: int) -> None:
    maker = await bank.member()
    await bank.move("buy", maker, 50)
    await bank.settle(await bank.hold(maker, 45), 45)
    await bank.move("chargeback", maker, 50)
    if paid:
        await bank.grant(maker, paid)
    await bank.reverse(await _last(bank, "chargeback"))
    assert (await bank.balance(maker), await bank.owed(maker)) == ((5 + paid, 0), 0)
    assert (await bank.check()).differences == []


async def test_what_a_job_used_is_given_back_to_its_lots(bank: Bank) -> None:
    maker = await bank.member()
    await bank.lot(maker, 5, 30)
    await bank.lot(maker, 5)
    await bank.settle(await bank.hold(maker, 9), 7)
    settled = await _last(bank, "settle")
    assert [await bank.reverse(settled), await bank.reverse(settled)] == [True, False]
    assert await bank.lots(maker) == [5, 5]
    assert await bank.total("revenue") == 0
    assert (await bank.check()).differences == []


async def test_holds_and_reversals_are_not_reversed(bank: Bank) -> None:
    maker = await bank.member(10)
    await bank.hold(maker, 4)
    await bank.reverse(await bank.lot(maker, 5))
    for kind in ("hold", "reverse"):
        with pytest.raises(NotAllowed):
            await bank.reverse(await _last(bank, kind))
    with pytest.raises(NoTransfer):
        await bank.reverse(new_id())
    assert await bank.balance(maker) == (6, 4)


async def test_a_debt_is_never_above_zero_nor_a_wallet_below(bank: Bank, saboteur: Saboteur) -> None:
    maker = await bank.member()
    await bank.move("chargeback", maker, 5)
    for balance, kind in ((1, "debt"), (-1, "wallet")):
        with pytest.raises(Exception, match="accounts_balance_check"):
            saboteur.execute(
                "UPDATE accounts SET balance = %(balance)s WHERE member_id = %(member)s AND kind = %(kind)s",
                balance=balance,
                member=maker,
                kind=kind,
            )

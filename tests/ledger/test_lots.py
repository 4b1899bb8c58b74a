"""Credits lie in lots: the soonest to expire is spent first, and what comes back returns to its own."""

from __future__ import annotations

import asyncio

import pytest
from tests.ledger.bank import STUDIO, Bank, Saboteur

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.ledger.holds import HeldOtherwise, NoHold, NotEnoughCredits
from atelier.ledger.rules import BadExpiry

YESTERDAY = "UPDATE lots SET expires_at = now() - interval '1 day' WHERE id = %(lot)s"


async def test_the_lot_that_expires_soonest_is_spent_first_and_what_comes_back_returns_to_its_lot(bank: Bank) -> None:
    maker = await bank.member()
    for amount, days in ((5, None), (5, 60), (5, 30)):
        await bank.lot(maker, amount, days)
    job = await bank.hold(maker, 12)
    assert await bank.lots(maker) == [3, 0, 0]
    await bank.settle(job, 7)  # all of the 30 days', and two of the 60 days'
    assert await bank.lots(maker) == [5, 3, 0]
    assert await bank.balance(maker) == (8, 0)
    await bank.release(await bank.hold(maker, 8))
    assert await bank.lots(maker) == [5, 3, 0]
    assert (await bank.check()).differences == []


@pytest.mark.parametrize("kind", ["job", "call", "ticket"])
async def test_a_hold_for_anything_is_extended_and_settled_from_its_lots(bank: Bank, kind: ledger.holds.Kind) -> None:
    maker = await bank.member()
    await bank.lot(maker, 5, 30)
    await bank.lot(maker, 10)
    held = await bank.hold(maker, 3, kind=kind)
    assert await bank.extend(held, 9) is True
    assert await bank.extend(held, 9) is False
    assert await bank.balance(maker) == (6, 9)
    assert await bank.lots(maker) == [0, 6]
    assert await bank.settle(held, 4) is True
    assert await bank.lots(maker) == [1, 10]
    assert await bank.total("revenue") == 4
    with pytest.raises(NoHold):
        await bank.extend(held, 12)
    async with bank.web.transaction(Acting.member(maker)) as db:
        lines = await ledger.statement(db, member_id=maker)
    assert [(line.kind, line.amount, line.held_for) for line in lines][:3] == [
        ("settle", 5, kind),
        ("extend", -6, kind),
        ("hold", -3, kind),
    ]
    assert lines[0].hold_id == held
    assert (lines[0].job_id is None) == (kind != "job")
    assert (await bank.check()).differences == []


async def test_an_extension_takes_no_more_than_there_is_and_other_terms_are_refused(bank: Bank) -> None:
    maker, other = await bank.member(5), await bank.member(5)
    held = await bank.hold(maker, 3)
    with pytest.raises(NotEnoughCredits) as refused:
        await bank.extend(held, 9)
    assert (refused.value.need, refused.value.have) == (6, 2)
    for member, kind in ((maker, "call"), (other, "job")):
        with pytest.raises(HeldOtherwise):
            await bank.hold(member, 3, held, kind=kind)  # type: ignore[arg-type] # both are kinds of holds
    with pytest.raises(NoHold):
        async with bank.web.transaction(Acting.member(other)) as db:
            await ledger.extend(db, job_id=held, total=4)
    assert await bank.balance(maker) == (2, 3)


async def test_earnings_are_held_for_a_payout_and_paid_out_or_given_back(bank: Bank) -> None:
    maker = await bank.member(5)
    async with bank.operator.transaction(STUDIO) as db:
        await ledger.move(db, "earn", member_id=maker, amount=30, key="sale 1")
    payout = await bank.hold(maker, 20, kind="payout")
    assert await bank.balance(maker) == (5, 0)  # a payout holds no credits of the wallet
    await bank.settle(payout, 20)
    await bank.release(await bank.hold(maker, 10, kind="payout"))
    with pytest.raises(NotEnoughCredits):
        await bank.hold(maker, 11, kind="payout")
    assert (await bank.total("payouts"), await bank.total("earnings")) == (20, 10)
    assert (await bank.check()).differences == []


async def test_what_has_expired_leaves_the_wallet_once_and_the_statement_says_so(
    bank: Bank, saboteur: Saboteur
) -> None:
    maker = await bank.member(4)
    saboteur.execute(YESTERDAY, lot=await bank.lot(maker, 6, 30))
    assert sum(await asyncio.gather(*(ledger.expire(bank.worker) for _ in range(4)))) == 6
    assert await ledger.expire(bank.worker) == 0
    assert await bank.balance(maker) == (4, 0)
    assert await bank.total("expired") == 6
    async with bank.web.transaction(Acting.member(maker)) as db:
        newest = (await ledger.statement(db, member_id=maker))[0]
    assert (newest.kind, newest.amount, newest.balance) == ("expire", -6, 4)
    assert (await bank.check()).differences == []


async def test_nothing_is_spent_after_its_day_even_before_a_worker_has_come(bank: Bank, saboteur: Saboteur) -> None:
    maker = await bank.member(4)
    saboteur.execute(YESTERDAY, lot=await bank.lot(maker, 6, 30))
    with pytest.raises(NotEnoughCredits) as refused:
        await bank.hold(maker, 5)
    assert refused.value.have == 4
    await bank.hold(maker, 3)
    assert await bank.balance(maker) == (1, 3)
    assert await bank.total("expired") == 6


async def test_what_comes_back_to_an_expired_lot_expires_with_it(bank: Bank, saboteur: Saboteur) -> None:
    maker = await bank.member(4)
    lot = await bank.lot(maker, 6, 30)
    job = await bank.hold(maker, 5)
    saboteur.execute(YESTERDAY, lot=lot)
    assert await ledger.expire(bank.worker) == 1
    await bank.release(job)
    assert await ledger.expire(bank.worker) == 5
    assert await bank.balance(maker) == (4, 0)
    assert (await bank.check()).differences == []


async def test_credits_cannot_come_in_that_have_expired_already(bank: Bank) -> None:
    maker = await bank.member()
    with pytest.raises(BadExpiry):
        await bank.lot(maker, 5, -1)
    with pytest.raises(BadExpiry):
        await bank.lot(maker, 5, 30, kind="refund")
    assert await bank.balance(maker) == (0, 0)


async def test_two_holds_of_one_id_at_once_are_one(bank: Bank) -> None:
    maker, other, job = await bank.member(5), await bank.member(5), new_id()
    outcomes = await asyncio.gather(bank.hold(maker, 3, job), bank.hold(other, 3, job), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["HeldOtherwise", "UUID"]
    assert await bank.total("escrow") == 3

"""Holds: taken once, ended once, and all of it accounted for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.ledger.bank import Bank, Saboteur

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.ledger.holds import HeldOtherwise, NoHold, NotEnoughCredits, UsedTooMuch
from atelier.ledger.rules import BadAmount, whole


async def test_a_hold_waits_in_escrow(bank: Bank) -> None:
    maker = await bank.member(10)
    await bank.hold(maker, 4)
    assert await bank.balance(maker) == (6, 4)
    assert await bank.total("escrow") == 4
    assert await bank.total("revenue") == 0


async def test_a_settled_job_costs_what_it_used(bank: Bank) -> None:
    maker = await bank.member(10)
    assert await bank.settle(await bank.hold(maker, 4), 3) is True
    assert await bank.balance(maker) == (7, 0)
    assert await bank.total("revenue") == 3
    assert await bank.total("escrow") == 0


async def test_a_job_may_use_all_of_it(bank: Bank) -> None:
    maker = await bank.member(4)
    assert await bank.settle(await bank.hold(maker, 4), 4) is True
    assert await bank.balance(maker) == (0, 0)


async def test_a_job_that_makes_nothing_costs_nothing(bank: Bank) -> None:
    maker = await bank.member(10)
    assert await bank.release(await bank.hold(maker, 4)) is True
    assert await bank.settle(await bank.hold(maker, 4), 0) is True
    assert await bank.balance(maker) == (10, 0)
    assert await bank.total("revenue") == 0


async def test_a_hold_ends_once_and_the_first_ending_stays(bank: Bank) -> None:
    maker = await bank.member(10)
    job = await bank.hold(maker, 4)
    assert await bank.settle(job, 3) is True
    assert await bank.settle(job, 3) is False
    assert await bank.settle(job, 1) is False
    assert await bank.release(job) is False
    assert await bank.balance(maker) == (7, 0)


async def test_two_endings_at_once_are_one(bank: Bank) -> None:
    maker = await bank.member(400)
    for _ in range(20):
        job = await bank.hold(maker, 4)
        outcomes = await asyncio.gather(
            bank.settle(job, 3), bank.settle(job, 3), bank.settle(job, 2), bank.release(job)
        )
        assert sorted(outcomes) == [False, False, False, True]
    assert (await bank.check()).differences == []


async def test_too_few_credits_are_said_plainly_and_nothing_is_taken(bank: Bank) -> None:
    maker = await bank.member(2)
    job = new_id()
    with pytest.raises(NotEnoughCredits) as caught:
        await bank.hold(maker, 4, job)
    error = caught.value
    assert (error.code, error.status, error.details) == ("not_enough_credits", 402, {"need": 4, "have": 2})
    assert error.message == "This costs 4 credits and you have 2."
    assert await bank.balance(maker) == (2, 0)
    assert await bank.release(job) is False  # there is no hold left behind


async def test_somebody_without_a_wallet_has_nothing(bank: Bank) -> None:
    with pytest.raises(NotEnoughCredits, match=r"^This costs 1 credit and you have 0\.$"):
        await bank.hold(new_id(), 1)


async def test_the_same_hold_twice_is_one(bank: Bank) -> None:
    maker = await bank.member(5)
    job = await bank.hold(maker, 4)
    async with bank.web.transaction(Acting.member(maker)) as db:
        assert await ledger.hold(db, job_id=job, member_id=maker, amount=4) is False
    assert await bank.balance(maker) == (1, 4)


async def test_a_job_has_one_hold(bank: Bank) -> None:
    maker, other = await bank.member(50), await bank.member(50)
    job = await bank.hold(maker, 4)
    with pytest.raises(HeldOtherwise):
        await bank.hold(maker, 5, job)
    with pytest.raises(HeldOtherwise):
        await bank.hold(other, 4, job)
    await bank.settle(job, 4)
    with pytest.raises(HeldOtherwise):
        await bank.hold(maker, 4, job)
    assert await bank.balance(maker) == (46, 0)
    assert await bank.balance(other) == (50, 0)


@pytest.mark.parametrize("amount", [0, -1, 10**9 + 1, 2**63, True, 1.5, "4"])
def test_an_amount_is_a_whole_number_above_zero(amount: Any) -> None:
    with pytest.raises(BadAmount):
        whole(amount)


async def test_a_job_cannot_use_more_than_was_held_or_less_than_nothing(bank: Bank) -> None:
    maker = await bank.member(100)
    job = await bank.hold(maker, 4)
    for used in (5, -1):
        with pytest.raises(UsedTooMuch):
            await bank.settle(job, used)
    assert await bank.balance(maker) == (96, 4)


async def test_what_was_never_held_cannot_be_settled(bank: Bank) -> None:
    with pytest.raises(NoHold):
        await bank.settle(new_id(), 1)
    assert await bank.release(new_id()) is False


async def test_a_worker_ends_the_holds_of_the_member_for_whom_it_acts(bank: Bank) -> None:
    maker, other = await bank.member(10), await bank.member(10)
    job = await bank.hold(maker, 4)
    with pytest.raises(NoHold):
        async with bank.worker.transaction(Acting.member(other)) as db:
            await ledger.settle(db, job_id=job, used=4)
    async with bank.worker.transaction(Acting.member(maker)) as db:
        assert await ledger.settle(db, job_id=job, used=4) is True


async def test_a_member_takes_back_the_hold_of_a_canceled_job(bank: Bank, saboteur: Saboteur) -> None:
    maker = await bank.member(10)
    job = await bank.hold(maker, 4)
    saboteur.add_job(job, maker, "canceled")
    async with bank.web.transaction(Acting.member(maker)) as db:
        assert await ledger.release(db, job_id=job) is True
    assert await bank.balance(maker) == (10, 0)

"""Grants: once for each key, and a welcome once for each member."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from tests.ledger.bank import STUDIO, Bank

from atelier import ledger
from atelier.base import events
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.ledger.grants import GrantedOtherwise, NoWallet


async def test_a_grant_comes_from_promotion(bank: Bank) -> None:
    maker = await bank.member()
    assert await bank.grant(maker, 20, "birthday") is True
    assert await bank.balance(maker) == (20, 0)
    assert await bank.total("promotion") == -20


async def test_a_grant_is_given_once_for_its_key(bank: Bank) -> None:
    maker, other = await bank.member(), await bank.member()
    assert sorted(await asyncio.gather(*(bank.grant(maker, 20, "birthday") for _ in range(4)))) == [
        False,
        False,
        False,
        True,
    ]
    for member, amount in ((maker, 21), (other, 20)):
        with pytest.raises(GrantedOtherwise):
            await bank.grant(member, amount, "birthday")
    assert await bank.balance(maker) == (20, 0)
    assert await bank.balance(other) == (0, 0)


async def test_a_grant_needs_a_wallet(bank: Bank) -> None:
    with pytest.raises(NoWallet):
        await bank.grant(new_id(), 20)


async def test_a_new_member_is_welcomed_once(bank: Bank) -> None:
    maker = await bank.member()
    async with bank.operator.transaction(STUDIO) as db:
        await ledger.set_welcome(db, amount=35)
    for given in (35, 0):
        async with bank.web.transaction(Acting.member(maker)) as db:
            assert await ledger.welcome(db, member_id=maker) == given
    assert await bank.balance(maker) == (35, 0)


async def test_a_studio_may_welcome_without_credits(bank: Bank) -> None:
    maker = await bank.member()
    async with bank.operator.transaction(STUDIO) as db:
        await ledger.set_welcome(db, amount=0)
    async with bank.web.transaction(Acting.member(maker)) as db:
        assert await ledger.welcome(db, member_id=maker) == 0
    assert await bank.balance(maker) == (0, 0)


async def test_a_grant_is_a_fact_for_its_member_and_a_repeat_is_none(bank: Bank) -> None:
    maker = await bank.member()
    async with bank.web.transaction(Acting.member(maker)) as db:
        start = await events.here(db)
    await bank.grant(maker, 20, "birthday")
    await bank.grant(maker, 20, "birthday")
    async with bank.web.transaction(Acting.member(maker)) as db:
        found = [(event.kind, event.data) for _, event in await events.after(db, start)]
    assert found == [("wallet:granted", {"amount": 20})]


async def test_a_wallet_opens_once_and_empty(bank: Bank) -> None:
    maker = await bank.member(20)
    async with bank.web.transaction(Acting.member(maker)) as db:
        assert await ledger.open_wallet(db, member_id=maker) is False
    assert await bank.balance(maker) == (20, 0)
    async with bank.operator.transaction(STUDIO) as db:
        assert (await db.execute(text("SELECT count(*) FROM accounts WHERE kind = 'wallet'"))).scalar_one() == 1

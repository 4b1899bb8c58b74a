"""Many writers at once on real connections: no wallet below zero, nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

from tests.ledger.bank import Bank

from atelier.ledger.holds import NotEnoughCredits

WRITERS, OPERATIONS, MEMBERS = 8, 200, 3


class Books:
    """What the writers were told, added up in the order in which it happens not to matter."""

    def __init__(self, members: list[UUID], credits: int) -> None:
        self.given = dict.fromkeys(members, credits)
        self.used = dict.fromkeys(members, 0)
        self.open: dict[UUID, tuple[UUID, int]] = {}
        self.ended = 0
        self.refused = 0

    async def hold(self, bank: Bank, dice: random.Random) -> None:
        member, amount = dice.choice(list(self.given)), dice.randint(1, 8)
        try:
            job = await bank.hold(member, amount)
        except NotEnoughCredits:
            self.refused += 1
        else:
            self.open[job] = (member, amount)

    async def end(self, bank: Bank, dice: random.Random, jobs: list[UUID]) -> None:
        """End a job, often one that another writer is ending at this moment."""
        job = dice.choice(jobs)
        member, amount = self.open[job]
        used = dice.randint(0, amount)
        if await (bank.release(job) if used == 0 else bank.settle(job, used)):
            self.ended += 1
            self.used[member] += used
            del self.open[job]

    async def grant(self, bank: Bank, dice: random.Random) -> None:
        member, amount = dice.choice(list(self.given)), dice.randint(1, 4)
        key = f"gift {dice.randint(0, 10**9)}"
        outcomes = await asyncio.gather(bank.grant(member, amount, key), bank.grant(member, amount, key))
        assert sorted(outcomes) == [False, True]
        self.given[member] += amount


async def _write(bank: Bank, books: Books, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(OPERATIONS // WRITERS):
        jobs = list(books.open)
        choice = dice.random()
        if choice < 0.06:
            await books.grant(bank, dice)
        elif choice < 0.5 and jobs:
            await books.end(bank, dice, jobs[:4])
        else:
            await books.hold(bank, dice)


async def test_eight_writers_leave_the_ledger_in_balance(bank: Bank) -> None:
    members = [await bank.member(40) for _ in range(MEMBERS)]
    books = Books(members, 40)
    await asyncio.gather(*(_write(bank, books, seed) for seed in range(WRITERS)))
    for member in members:
        held = sum(amount for owner, amount in books.open.values() if owner == member)
        assert await bank.balance(member) == (books.given[member] - books.used[member] - held, held)
    assert await bank.total("revenue") == sum(books.used.values())
    assert (await bank.check()).differences == []
    assert books.ended > 20
    assert books.refused > 5


async def test_a_wallet_is_never_spent_twice(bank: Bank) -> None:
    maker = await bank.member(20)
    outcomes = await asyncio.gather(*(bank.hold(maker, 3) for _ in range(16)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, NotEnoughCredits)]
    assert len(refused) == 10
    assert all(error.have == 2 for error in refused)
    assert await bank.balance(maker) == (2, 18)

"""The ledger against a plain oracle: dictionaries of what everybody must have, after whatever is done."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from tests.ledger.bank import Bank, open_bank

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.ledger.grants import GrantedOtherwise
from atelier.ledger.holds import HeldOtherwise, NoHold, UsedTooMuch

NEVER = 10_000  # days: it does not expire
SMALL = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)


@dataclass
class Oracle:
    """What must be true, in the plainest form."""

    wallets: dict[UUID, int] = field(default_factory=dict)
    lines: dict[UUID, list[tuple[int, int]]] = field(default_factory=dict)  # amount, balance after; newest first
    lots: dict[UUID, list[tuple[int, int]]] = field(default_factory=dict)  # days until it expires, what is left
    debts: dict[UUID, int] = field(default_factory=dict)
    held: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)
    taken: dict[UUID, list[tuple[int, int]]] = field(default_factory=dict)  # by job: which lot, how much of it
    ended: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)
    grants: dict[str, tuple[UUID, int]] = field(default_factory=dict)
    unsure: set[UUID] = field(default_factory=set)  # whose lots the oracle does not follow any more
    revenue: int = 0
    promotion: int = 0

    def move(self, member: UUID, amount: int) -> None:
        if amount:
            self.wallets[member] += amount
            self.lines[member].insert(0, (amount, self.wallets[member]))

    def come(self, member: UUID, amount: int, days: int) -> None:
        """Credits come in as a lot of their own, and pay the debt first."""
        self.lots[member].append((days, amount))
        self.move(member, amount)
        self.repay(member)

    def take(self, member: UUID, amount: int) -> list[tuple[int, int]]:
        """From which lots so many credits come: the soonest to expire first, and of those the oldest."""
        lots, taken = self.lots[member], []
        for place in sorted(range(len(lots)), key=lambda place: (lots[place][0], place)):
            part = min(amount, lots[place][1])
            if part:
                lots[place] = (lots[place][0], lots[place][1] - part)
                taken.append((place, part))
                amount -= part
        return taken

    def give_back(self, member: UUID, parts: list[tuple[int, int]]) -> None:
        for place, part in parts:
            days, rest = self.lots[member][place]
            self.lots[member][place] = (days, rest + part)

    def repay(self, member: UUID) -> None:
        paid = min(self.debts[member], self.wallets[member])
        self.debts[member] -= paid
        self.take(member, paid)
        self.move(member, -paid)

    def extend(self, job: UUID, total: int) -> None:
        member, amount = self.held[job]
        self.taken[job] += self.take(member, total - amount)
        self.held[job] = (member, total)
        self.move(member, amount - total)

    def end(self, job: UUID, used: int) -> None:
        member, amount = self.held.pop(job)
        self.ended[job] = (member, amount)
        self.revenue += used
        merged: dict[int, int] = {}
        for place, part in self.taken.pop(job):
            merged[place] = merged.get(place, 0) + part
        left = used
        for place, part in merged.items():
            self.give_back(member, [(place, max(0, part - left))])
            left = max(0, left - part)
        self.move(member, amount - used)
        if used < amount:
            self.repay(member)


def machine(bank: Bank, runner: asyncio.Runner) -> type[RuleBasedStateMachine]:
    """A state machine that does everything twice: in the database and in the oracle."""

    class Ledger(RuleBasedStateMachine):
        members = Bundle("members")
        jobs = Bundle("jobs")
        lots = Bundle("lots")

        def __init__(self) -> None:
            super().__init__()
            self.oracle = Oracle()
            self.keys = str(new_id())

        @initialize(target=members)
        def first(self) -> UUID:
            return self._member()

        @rule(target=members)
        def second(self) -> UUID:
            return self._member()

        def _member(self) -> UUID:
            member = runner.run(bank.member())
            self.oracle.wallets[member], self.oracle.lines[member] = 0, []
            self.oracle.lots[member], self.oracle.debts[member] = [], 0
            return member

        @rule(member=members, amount=st.integers(1, 12), key=st.sampled_from("abcdef"))
        def grant(self, member: UUID, amount: int, key: str) -> None:
            key = f"{self.keys} {key}"
            known = self.oracle.grants.get(key)
            if known and known != (member, amount):
                with pytest.raises(GrantedOtherwise):
                    runner.run(bank.grant(member, amount, key))
                return
            assert runner.run(bank.grant(member, amount, key)) is (known is None)
            if known is None:
                self.oracle.grants[key] = (member, amount)
                self.oracle.promotion += amount
                self.oracle.come(member, amount, NEVER)

        @rule(target=lots, member=members, amount=st.integers(1, 12), days=st.sampled_from([10, 20, 30]))
        def lot(self, member: UUID, amount: int, days: int) -> tuple[UUID, UUID, int]:
            made = runner.run(bank.lot(member, amount, days))
            self.oracle.come(member, amount, days)
            return member, made, amount

        @rule(member=members, amount=st.integers(1, 12))
        def charge_back(self, member: UUID, amount: int) -> None:
            runner.run(bank.move("chargeback", member, amount))
            paid = min(amount, self.oracle.wallets[member])
            self.oracle.take(member, paid)
            self.oracle.move(member, -paid)
            self.oracle.debts[member] += amount - paid

        @rule(lot=consumes(lots))
        def reverse(self, lot: tuple[UUID, UUID, int]) -> None:
            member, made, amount = lot
            have = self.oracle.wallets[member]
            assert runner.run(bank.reverse(made, owes=True)) is True
            assert runner.run(bank.reverse(made, owes=True)) is False
            self.oracle.unsure.add(member)  # from which lots it comes, test_move says
            self.oracle.move(member, -min(have, amount))
            self.oracle.debts[member] += amount - min(have, amount)

        @rule(target=jobs, member=members, amount=st.integers(1, 8))
        def hold(self, member: UUID, amount: int) -> UUID:
            job = new_id()
            self._hold(member, amount, job)
            return job

        @rule(job=jobs, member=members, amount=st.integers(1, 8))
        def hold_again(self, job: UUID, member: UUID, amount: int) -> None:
            known = self.oracle.held.get(job) or self.oracle.ended.get(job)
            if known is None:
                self._hold(member, amount, job)
            elif job in self.oracle.held and known == (member, amount):
                runner.run(bank.hold(member, amount, job))
            else:
                with pytest.raises(HeldOtherwise):
                    runner.run(bank.hold(member, amount, job))

        def _hold(self, member: UUID, amount: int, job: UUID) -> None:
            have = self.oracle.wallets[member]
            if have < amount:
                with pytest.raises(ledger.NotEnoughCredits) as refused:
                    runner.run(bank.hold(member, amount, job))
                assert (refused.value.need, refused.value.have) == (amount, have)
                return
            runner.run(bank.hold(member, amount, job))
            self.oracle.held[job] = (member, amount)
            self.oracle.taken[job] = self.oracle.take(member, amount)
            self.oracle.move(member, -amount)

        @rule(job=jobs, more=st.integers(0, 6))
        def extend(self, job: UUID, more: int) -> None:
            if job not in self.oracle.held:
                with pytest.raises(NoHold):
                    runner.run(bank.extend(job, 9))
                return
            member, amount = self.oracle.held[job]
            if more > self.oracle.wallets[member]:
                with pytest.raises(ledger.NotEnoughCredits):
                    runner.run(bank.extend(job, amount + more))
            else:
                assert runner.run(bank.extend(job, amount + more)) is (more > 0)
                self.oracle.extend(job, amount + more)

        @rule(job=jobs, used=st.integers(0, 9))
        def settle(self, job: UUID, used: int) -> None:
            if job in self.oracle.held and used > self.oracle.held[job][1]:
                with pytest.raises(UsedTooMuch):
                    runner.run(bank.settle(job, used))
            elif job in self.oracle.held:
                assert runner.run(bank.settle(job, used)) is True
                self.oracle.end(job, used)
            elif job in self.oracle.ended:
                assert runner.run(bank.settle(job, used)) is False
            else:
                with pytest.raises(NoHold):
                    runner.run(bank.settle(job, used))

        @rule(job=jobs)
        def release(self, job: UUID) -> None:
            assert runner.run(bank.release(job)) is (job in self.oracle.held)
            if job in self.oracle.held:
                self.oracle.end(job, 0)

        @invariant()
        def everybody_has_what_the_oracle_says(self) -> None:
            for member, available in self.oracle.wallets.items():
                held = sum(amount for owner, amount in self.oracle.held.values() if owner == member)
                now, lots = runner.run(_standing(bank, member))
                assert now == ledger.Balance(available, held, self.oracle.debts[member])
                if member not in self.oracle.unsure:
                    assert lots == [rest for _, rest in self.oracle.lots[member]]

        def teardown(self) -> None:
            for member, expected in self.oracle.lines.items():
                found = runner.run(_statement(bank, member))
                assert [(line.amount, line.balance) for line in found] == expected
            assert runner.run(bank.check()).differences == []

    return Ledger


async def _statement(bank: Bank, member: UUID) -> list[ledger.Line]:
    async with bank.web.transaction(Acting.member(member)) as db:
        return await ledger.statement(db, member_id=member, limit=1000)


async def _standing(bank: Bank, member: UUID) -> tuple[ledger.Balance, list[int]]:
    """The member's balance, and what is left of each of their lots."""
    async with bank.web.transaction(Acting.member(member)) as db:
        rests = await db.execute(text("SELECT rest FROM lots ORDER BY created_at, id"))
        return await ledger.balance(db, member_id=member), list(rests.scalars())


def test_the_ledger_does_what_the_oracle_does(owner_url: str) -> None:
    with open_bank(owner_url) as (bank, runner):
        run_state_machine_as_test(machine(bank, runner), settings=SMALL)

"""The ledger against a plain oracle: dictionaries of what everybody must have, after whatever is done."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.ledger.bank import Bank, open_bank

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.ledger.grants import GrantedOtherwise
from atelier.ledger.holds import HeldOtherwise, NoHold, UsedTooMuch

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
    held: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)
    ended: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)
    grants: dict[str, tuple[UUID, int]] = field(default_factory=dict)
    revenue: int = 0
    promotion: int = 0

    def move(self, member: UUID, amount: int) -> None:
        if amount:
            self.wallets[member] += amount
            self.lines[member].insert(0, (amount, self.wallets[member]))

    def end(self, job: UUID, used: int) -> None:
        member, amount = self.held.pop(job)
        self.ended[job] = (member, amount)
        self.revenue += used
        self.move(member, amount - used)


def machine(bank: Bank, runner: asyncio.Runner) -> type[RuleBasedStateMachine]:
    """A state machine that does everything twice: in the database and in the oracle."""

    class Ledger(RuleBasedStateMachine):
        members = Bundle("members")
        jobs = Bundle("jobs")

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
                self.oracle.move(member, amount)

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
            self.oracle.move(member, -amount)

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
                assert runner.run(bank.balance(member)) == (available, held)

        def teardown(self) -> None:
            for member, expected in self.oracle.lines.items():
                found = runner.run(_statement(bank, member))
                assert [(line.amount, line.balance) for line in found] == expected
            assert runner.run(bank.check()).differences == []

    return Ledger


async def _statement(bank: Bank, member: UUID) -> list[ledger.Line]:
    async with bank.web.transaction(Acting.member(member)) as db:
        return await ledger.statement(db, member_id=member, limit=1000)


def test_the_ledger_does_what_the_oracle_does(owner_url: str) -> None:
    with open_bank(owner_url) as (bank, runner):
        run_state_machine_as_test(machine(bank, runner), settings=SMALL)

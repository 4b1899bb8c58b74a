"""`check` agrees with an honest ledger, and names each kind of damage."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from tests.ledger.bank import Bank, Saboteur

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.errors import Forbidden
from atelier.base.ids import new_id

TO_MAKER = "account_id = (SELECT id FROM accounts WHERE kind = 'wallet')"
OF_HOLD = "(SELECT id FROM transfers WHERE kind = 'hold' AND hold_id IN (SELECT id FROM holds WHERE state = 'held'))"

SABOTAGE = {
    "a wallet is given credits": (
        "UPDATE accounts SET balance = balance + 1 WHERE kind = 'wallet'",
        {"balance", "lots"},
    ),
    "a wallet is overdrawn": (
        "ALTER TABLE accounts DROP CONSTRAINT accounts_balance_check;"
        " UPDATE accounts SET balance = -1 WHERE kind = 'wallet'",
        {"balance", "balance below zero", "lots"},
    ),
    "a wallet's lines are miscounted": (
        "UPDATE accounts SET lines = lines + 1 WHERE kind = 'wallet'",
        {"number of lines"},
    ),
    "one side of a transfer grows": (
        f"UPDATE postings SET amount = amount + 1 WHERE transfer_id = {OF_HOLD} AND amount > 0",
        {"sum", "amount", "total", "escrow"},
    ),
    "both sides of a transfer grow": (
        f"UPDATE postings SET amount = amount * 2 WHERE transfer_id = {OF_HOLD}",
        {"balance", "running balance", "amount", "escrow"},
    ),
    "a posting is lost": (
        f"DELETE FROM postings WHERE transfer_id = {OF_HOLD} AND {TO_MAKER}",
        {"balance", "number of lines", "rest", "sum", "total"},
    ),
    "a whole transfer's postings are lost": (
        f"DELETE FROM postings WHERE transfer_id = {OF_HOLD}",
        {"balance", "number of lines", "rest", "amount", "escrow"},
    ),
    "a transfer is lost": (
        f"DELETE FROM transfers WHERE id = {OF_HOLD}",
        {"amount", "escrow"},
    ),
    "a transfer without postings": (
        "INSERT INTO transfers (id, key, kind, amount) VALUES (gen_random_uuid(), 'k', 'grant', 5)",
        {"amount"},
    ),
    "a running balance lies": (
        f"UPDATE postings SET balance = balance + 1 WHERE {TO_MAKER} AND line = 2",
        {"running balance"},
    ),
    "a posting changes its owner": (
        f"UPDATE postings SET member_id = gen_random_uuid() WHERE {TO_MAKER} AND line = 1",
        {"owner"},
    ),
    "a posting on an account that isn't there": (
        f"UPDATE postings SET account_id = gen_random_uuid() WHERE transfer_id = {OF_HOLD} AND amount > 0",
        {"owner", "escrow"},
    ),
    "a hold is forgotten": ("DELETE FROM holds WHERE state = 'held'", {"escrow"}),
    "a hold is ended without a transfer": (
        "UPDATE holds SET state = 'released', used = 0, ended_at = now() WHERE state = 'held'",
        {"escrow"},
    ),
    "a settled job's price changes": ("UPDATE holds SET used = 2 WHERE state = 'settled'", {"revenue"}),
    "a hold without a transfer": (
        "INSERT INTO holds (id, member_id, amount) VALUES (gen_random_uuid(), gen_random_uuid(), 9)",
        {"escrow"},
    ),
    "a lot grows": ("UPDATE lots SET rest = rest + 1", {"rest", "lots"}),
    "a lot is lost": ("DELETE FROM lots", {"rest", "lots"}),
    "an empty lot says that it is open": ("UPDATE lots SET open = NOT open", {"open"}),
    "a hold forgets a part of what it holds": (
        "UPDATE holds SET parts = ARRAY[amount - 1] WHERE state = 'held'",
        {"lots"},
    ),
    "a reversal takes back something else": (
        "UPDATE transfers SET reverses = (SELECT id FROM transfers WHERE kind = 'grant') WHERE kind = 'settle'",
        {"reversal", "revenue"},
    ),
    "a debt turns into credits": (
        "ALTER TABLE accounts DROP CONSTRAINT accounts_balance_check;"
        " UPDATE accounts SET kind = 'debt' WHERE kind = 'wallet'",
        {"debt above zero", "lots"},
    ),
    "credits move from revenue into escrow": (
        "UPDATE postings SET account_id = (SELECT id FROM accounts WHERE kind = 'escrow')"
        " WHERE account_id = (SELECT id FROM accounts WHERE kind = 'promotion')",
        {"escrow"},
    ),
}


async def _lively(bank: Bank) -> None:
    """A ledger with a job settled, one released and one open."""
    maker = await bank.member(20)
    await bank.settle(await bank.hold(maker, 4), 3)
    await bank.release(await bank.hold(maker, 5))
    await bank.hold(maker, 4)


async def test_an_honest_ledger_balances(bank: Bank) -> None:
    await _lively(bank)
    report = await bank.check()
    assert report == ledger.Report(balanced=True, accounts=7, postings=13, differences=[])


async def test_damage_is_found_and_named(bank: Bank, saboteur: Saboteur) -> None:
    await _lively(bank)
    for sabotage, (statement, named) in SABOTAGE.items():
        async with saboteur.damaged(statement) as db:
            report = await ledger.check(db)
        assert {difference.what for difference in report.differences} == named, sabotage
        assert not report.balanced
    assert (await bank.check()).balanced


async def test_a_difference_says_what_was_expected_of_whom(bank: Bank, saboteur: Saboteur) -> None:
    maker = await bank.member(20)
    saboteur.execute("UPDATE accounts SET balance = 25 WHERE member_id = %(maker)s", maker=maker)
    async with bank.operator.transaction(Acting.for_studio()) as db:
        account = (await db.execute(text("SELECT id FROM accounts WHERE kind = 'wallet'"))).scalar_one()
    assert [str(difference) for difference in (await bank.check()).differences] == [
        f"balance of account {account}: 25 where 20 was expected",
        f"lots of account {account}: 20 where 25 was expected",
    ]


async def test_only_the_studio_checks_its_ledger(bank: Bank) -> None:
    await _lively(bank)
    for database, acting in (
        (bank.web, Acting.for_studio()),
        (bank.web, Acting.member(new_id())),
        (bank.operator, Acting.member(new_id())),
    ):
        with pytest.raises(Forbidden):
            async with database.transaction(acting) as db:
                await ledger.check(db)

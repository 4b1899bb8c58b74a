"""What the database refuses, whoever asks: a member's connection by raw SQL, and the owner of the tables."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.ledger.bank import STUDIO, Bank, Saboteur

from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id

INSUFFICIENT_PRIVILEGE = "42501"


AMOUNTS = {"accounts": "balance", "transfers": "amount", "postings": "amount", "holds": "amount"}


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


async def _as_member(bank: Bank, member: UUID, statement: str, **values: Any) -> Any:
    async with bank.web.transaction(Acting.member(member)) as db:
        return (await db.execute(text(statement), {"member": member, "id": new_id(), **values})).scalar()


BY_A_MEMBER = [
    "UPDATE accounts SET balance = 1000000",
    "INSERT INTO accounts (id, kind, member_id, balance, lines) VALUES (:id, 'wallet', :member, 9, 0)",
    "INSERT INTO transfers (id, key, kind, amount) VALUES (:id, 'mine', 'grant', 9)",
    "INSERT INTO postings (transfer_id, account_id, amount) VALUES (:id, :id, 9)",
    "UPDATE postings SET amount = 1000000",
    "DELETE FROM postings",
    "TRUNCATE postings",
    "UPDATE transfers SET amount = 1000000",
    "DELETE FROM transfers",
    "INSERT INTO holds (id, member_id, amount) VALUES (:id, :member, 1)",
    "INSERT INTO lots (id, account_id, member_id, source, amount) VALUES (:id, :id, :member, 'grant', 9)",
    "UPDATE lots SET rest = 1000000, amount = 1000000",
    "UPDATE ledger_movements SET callers = '{atelier_web}'",
    "UPDATE holds SET state = 'released', used = 0, ended_at = now()",
    "UPDATE ledger_terms SET welcome = 10000",
    "SELECT ledger_post(:id, 'k', 'grant', 9, NULL, :member, NULL, ARRAY[]::uuid[], ARRAY[]::bigint[])",
    "SELECT ledger_transfer(:id, 'k', 'grant', :member, 9, NULL, NULL, 'grant')",
    "SELECT ledger_move(:id, 'grant', :member, 9, 'k')",
    "SELECT ledger_reverse(:id, (SELECT id FROM transfers WHERE kind = 'hold'))",
    "SELECT ledger_expire(:member)",
    "SELECT ledger_settle(:id, (SELECT id FROM holds), 0)",
    "SELECT ledger_release(:id, (SELECT id FROM holds))",
    "SELECT ledger_grant(:id, :member, 20, 'more', NULL)",
    "SELECT ledger_grant(:id, :member, 21, 'welcome:' || CAST(:member AS uuid), NULL)",
    "SELECT ledger_grant(:id, :member, 10, NULL, NULL)",
    "SELECT ledger_grant(:id, :member, NULL, 'welcome:' || CAST(:member AS uuid), NULL)",
    "ALTER TABLE postings DISABLE TRIGGER ALL",
    "SET ROLE atelier_worker",
]


async def test_a_member_cannot_mint_by_raw_sql(bank: Bank, saboteur: Saboteur) -> None:
    maker = await bank.member(10)
    saboteur.add_job(await bank.hold(maker, 4), maker, "running")
    for statement in BY_A_MEMBER:
        with pytest.raises(DBAPIError) as refused:
            await _as_member(bank, maker, statement)
        assert _sqlstate(refused.value) == INSUFFICIENT_PRIVILEGE, statement
    assert await bank.balance(maker) == (6, 4)
    assert (await bank.check()).balanced


async def test_a_member_takes_nothing_back_from_a_job_that_is_not_canceled(bank: Bank, saboteur: Saboteur) -> None:
    maker = await bank.member(16)
    for state in ("queued", "running", "succeeded", "failed"):
        job = await bank.hold(maker, 4)
        saboteur.add_job(job, maker, state)
        with pytest.raises(DBAPIError, match="only a canceled job"):
            await _as_member(bank, maker, "SELECT ledger_release(:id, :job)", job=job)
    assert await bank.balance(maker) == (0, 16)


async def test_a_stranger_reaches_nobody_elses_wallet(bank: Bank, saboteur: Saboteur) -> None:
    maker, stranger = await bank.member(10), await bank.member(10)
    job = await bank.hold(maker, 4)
    saboteur.add_job(job, maker, "canceled")
    hold = "SELECT ledger_hold(:id, :job, :maker, 1, NULL)"
    for acting in (Acting.member(stranger), Acting.nobody(), Acting(member_id=stranger, studio=True)):
        with pytest.raises(DBAPIError, match="belongs to somebody else"):
            async with bank.web.transaction(acting) as db:
                await db.execute(text(hold), {"id": new_id(), "job": new_id(), "maker": maker})
    with pytest.raises(DBAPIError, match="only operators grant"):
        await _as_member(
            bank, stranger, "SELECT ledger_grant(:id, :maker, 20, :key, NULL)", maker=maker, key=f"welcome:{maker}"
        )
    assert await _as_member(bank, stranger, "SELECT ledger_release(:id, :job)", job=job) is False
    for table in (
        "accounts WHERE member_id IS NULL OR member_id = :maker",
        "holds",
        "lots WHERE member_id = :maker",
        "transfers WHERE hold_id = :job",
    ):
        query = f"SELECT count(*) FROM {table}"
        values = {"maker": maker} if ":maker" in table else {"job": job} if ":job" in table else {}
        assert await _as_member(bank, stranger, query, **values) == 0
    assert await _as_member(bank, stranger, "SELECT count(*) FROM postings WHERE member_id <> :member") == 0
    assert await bank.balance(maker) == (6, 4)


async def test_temporary_tables_do_not_shadow_the_ledgers(bank: Bank, owner_url: str) -> None:
    with psycopg.connect(libpq_url(owner_url)) as owner:  # the studio's roles may not create any
        owner.execute(f'GRANT TEMPORARY ON DATABASE "{owner.info.dbname}" TO PUBLIC'.encode())
    maker = await bank.member(1)
    async with bank.web.transaction(Acting.member(maker)) as db:
        await db.execute(text("CREATE TEMPORARY TABLE accounts AS SELECT * FROM public.accounts"))
        await db.execute(text("UPDATE pg_temp.accounts SET balance = 1000"))
        with pytest.raises(DBAPIError, match="not enough credits"):
            await db.execute(
                text("SELECT ledger_hold(:id, :id, :member, 100, NULL)"), {"id": new_id(), "member": maker}
            )


async def test_a_worker_cannot_grant_nor_settle_more_than_was_held(bank: Bank) -> None:
    maker = await bank.member(10)
    job = await bank.hold(maker, 4)
    settle = text("SELECT ledger_settle(:id, :job, :used)")
    for used in (5, 2**62, -1, None):
        with pytest.raises(DBAPIError, match="cannot use"):
            async with bank.worker.transaction(STUDIO) as db:
                await db.execute(settle, {"id": new_id(), "job": job, "used": used})
    with pytest.raises(DBAPIError, match="permission denied"):
        async with bank.worker.transaction(STUDIO) as db:
            await db.execute(text("SELECT ledger_grant(:id, :member, 5, 'k', NULL)"), {"id": new_id(), "member": maker})
    assert await bank.balance(maker) == (6, 4)


async def test_no_connecting_role_writes_a_table_of_the_ledger(bank: Bank) -> None:
    await bank.hold(await bank.member(10), 4)
    for database, (table, column) in product((bank.web, bank.worker, bank.operator), AMOUNTS.items()):
        for statement in (
            f"UPDATE {table} SET {column} = {column} + 1",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"INSERT INTO {table} SELECT * FROM {table}",
        ):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with database.transaction(STUDIO) as db:
                    await db.execute(text(statement))


async def test_two_connections_settle_once(bank: Bank) -> None:
    maker = await bank.member(10)
    job = await bank.hold(maker, 4)
    statement = text("SELECT ledger_settle(:id, :job, 4)")
    async with bank.worker.transaction(STUDIO) as first:
        assert (await first.execute(statement, {"id": new_id(), "job": job})).scalar_one() is True
        second = asyncio.create_task(bank.settle(job, 4))
        await asyncio.sleep(0.2)
        assert not second.done()  # it waits for the first to commit, and then finds the hold ended
    assert await second is False
    assert await bank.total("revenue") == 4


BY_THE_OWNER = [
    ("UPDATE postings SET amount = amount + 1", "what the ledger has written stays"),
    ("UPDATE postings SET balance = 1000", "what the ledger has written stays"),
    ("DELETE FROM postings", "what the ledger has written stays"),
    ("TRUNCATE postings", "what the ledger has written stays"),
    ("UPDATE transfers SET amount = 1", "what the ledger has written stays"),
    ("DELETE FROM transfers", "what the ledger has written stays"),
    ("TRUNCATE transfers", "what the ledger has written stays"),
    ("TRUNCATE accounts, transfers, postings, holds", "what the ledger has written stays"),
    ("DELETE FROM holds", "what the ledger has written stays"),
    ("DELETE FROM accounts", "what the ledger has written stays"),
    ("UPDATE accounts SET balance = 1000 WHERE kind = 'wallet'", "changes only with a posting"),
    ("UPDATE accounts SET kind = 'earnings' WHERE kind = 'wallet'", "changes only with a posting"),
    ("INSERT INTO accounts VALUES (gen_random_uuid(), 'wallet', gen_random_uuid(), 5, 0)", "opens empty"),
    ("INSERT INTO accounts (id, kind) VALUES (gen_random_uuid(), 'escrow')", "accounts_member_id_kind_key"),
    ("INSERT INTO accounts (id, kind) VALUES (gen_random_uuid(), 'wallet')", "accounts_owner_check"),
    ("UPDATE holds SET amount = 1 WHERE state = 'held'", "keeps its kind"),
    ("UPDATE holds SET amount = 5, parts = '{5}' WHERE state = 'held'", "keeps its kind"),
    ("UPDATE holds SET kind = 'payout' WHERE state = 'held'", "keeps its kind"),
    ("UPDATE lots SET rest = 9", "changes only with a posting"),
    ("UPDATE lots SET expires_at = now()", "changes only with a posting"),
    ("DELETE FROM lots", "what the ledger has written stays"),
    (
        "INSERT INTO lots (id, account_id, member_id, source, amount, rest, open)"
        " SELECT gen_random_uuid(), account_id, member_id, 'grant', 5, 5, true FROM lots",
        "opens empty",
    ),
    ("UPDATE holds SET state = 'held', used = NULL, ended_at = NULL WHERE state = 'settled'", "has ended already"),
    ("UPDATE holds SET used = 1 WHERE state = 'settled'", "has ended already"),
    ("UPDATE holds SET state = 'settled', used = 9, ended_at = now() WHERE state = 'held'", "holds_used_check"),
    ("UPDATE holds SET state = 'settled', used = 0, ended_at = now() WHERE state = 'held'", "holds_state_check"),
    ("INSERT INTO holds (id, member_id, amount) VALUES (gen_random_uuid(), gen_random_uuid(), 0)", "amount_check"),
    ("INSERT INTO holds (id, member_id, amount) VALUES (gen_random_uuid(), gen_random_uuid(), 5)", "lots_check"),
    (
        "INSERT INTO holds (id, kind, member_id, amount) VALUES (gen_random_uuid(), 'tip', gen_random_uuid(), 5)",
        "kind_check",
    ),
    (
        "INSERT INTO transfers (id, key, kind, amount, reverses)"
        " SELECT gen_random_uuid(), 'k', 'reverse', 1, id FROM transfers",
        "reverses_check",
    ),
    ("INSERT INTO transfers (id, key, kind, amount) VALUES (gen_random_uuid(), 'k', 'grant', 0)", "amount_check"),
    ("INSERT INTO transfers (id, key, kind, amount) VALUES (gen_random_uuid(), 'k', 'grant', -5)", "amount_check"),
    ("INSERT INTO transfers SELECT gen_random_uuid(), key, kind, 1 FROM transfers", "transfers_key_key"),
]


def _refused(owner_url: str, refusal: str, *statements: str) -> None:
    with psycopg.connect(libpq_url(owner_url)) as db:
        for statement in statements[:-1]:
            db.execute(statement)
        with pytest.raises(psycopg.Error, match=refusal):
            db.execute(statements[-1])


async def test_the_owner_of_the_tables_is_refused_too(bank: Bank, owner_url: str) -> None:
    maker = await bank.member(10)
    await bank.settle(await bank.hold(maker, 4), 3)
    await bank.hold(maker, 4)
    for statement, refusal in BY_THE_OWNER:
        _refused(owner_url, refusal, statement)
    assert await bank.balance(maker) == (3, 4)


UNBALANCED: list[tuple[int, dict[str, int], str]] = [
    (5, {"wallet": -5}, "sum to zero"),
    (5, {"wallet": -5, "promotion": 4}, "sum to zero"),
    (5, {"wallet": -4, "promotion": 4}, "move its amount"),
    (5, {"wallet": 5, "promotion": -5}, "lots_rest_check"),
    (11, {"wallet": -11, "promotion": 11}, "accounts_balance_check"),
    (5, {"wallet": 0, "promotion": 5, "escrow": -5}, "amount_check"),
]


async def test_a_transfer_that_does_not_balance_cannot_be_written(bank: Bank, owner_url: str) -> None:
    maker = await bank.member(10)
    for amount, moves, refusal in UNBALANCED:
        transfer = new_id()
        rows = (
            f"('{transfer}', (SELECT id FROM accounts WHERE kind = '{k}'), {moves[k]}, ARRAY(SELECT id FROM lots),"
            f" ARRAY[{moves[k]}])"
            for k in moves
        )
        _refused(
            owner_url,
            refusal,
            f"INSERT INTO transfers (id, key, kind, amount) VALUES ('{transfer}', 'k', 'grant', {amount})",
            f"INSERT INTO postings (transfer_id, account_id, amount, lots, parts) VALUES {', '.join(rows)}",
        )
    assert await bank.balance(maker) == (10, 0)


LOTS = [
    ("NULL, NULL", "names the lots"),
    ("ARRAY[l.id], ARRAY[-4]", "names the lots"),
    ("ARRAY[l.id, l.id], ARRAY[-2, -3]", "names a lot twice"),
    ("ARRAY[(SELECT id FROM lots WHERE id <> l.id)], ARRAY[-5]", "one of another wallet"),
    ("ARRAY[gen_random_uuid()], ARRAY[-5]", "one of another wallet"),
]


async def test_a_wallets_posting_comes_from_its_own_lots_and_from_enough_of_them(bank: Bank, owner_url: str) -> None:
    maker, other = await bank.member(10), await bank.member(10)
    for lots, refusal in LOTS:
        _refused(
            owner_url,
            refusal,
            "INSERT INTO transfers (id, key, kind, amount)"
            " VALUES ('01940000-0000-7000-8000-000000000001', 'k', 'refund', 5)",
            "INSERT INTO postings (transfer_id, account_id, amount, lots, parts)"
            f" SELECT '01940000-0000-7000-8000-000000000001', l.account_id, -5, {lots}"
            f" FROM lots l WHERE l.member_id = '{maker}'",
        )
    assert [await bank.balance(member) for member in (maker, other)] == [(10, 0), (10, 0)]


async def test_nothing_is_added_to_a_transfer_later_nor_posted_without_one(bank: Bank, owner_url: str) -> None:
    await bank.grant(await bank.member(), 10)
    pair = (
        "INSERT INTO postings (transfer_id, account_id, amount) SELECT (SELECT {0}), a.id,"
        " CASE a.kind WHEN 'escrow' THEN 5 ELSE -5 END FROM accounts a WHERE a.kind IN ('escrow', 'revenue')"
    )
    for transfer in ("id FROM transfers", "gen_random_uuid()"):
        _refused(owner_url, "sum to zero", pair.format(transfer))
    single = "INSERT INTO postings (transfer_id, account_id, amount) VALUES (gen_random_uuid(), gen_random_uuid(), 5)"
    _refused(owner_url, "there is no account", single)

"""Holds and settles stay as quick with a million jobs as with none: no plan of theirs reads a whole table."""

from __future__ import annotations

import asyncio

import psycopg
from tests.ledger.bank import Bank, Saboteur

TABLES = ["accounts", "transfers", "postings", "holds", "lots"]
SCANS = "SELECT coalesce(sum(seq_tup_read), 0)::int FROM pg_stat_user_tables WHERE relname = ANY(%s)"


async def test_no_hold_or_settle_reads_a_whole_table(bank: Bank, saboteur: Saboteur) -> None:
    maker = await bank.member(1000)
    with psycopg.connect(saboteur.url, autocommit=True) as db:
        db.execute("ANALYZE")  # plans are made while the tables are as good as empty
        for _ in range(3):
            for job in [await bank.hold(maker, 4) for _ in range(10)]:
                await bank.settle(job, 3)
        for database in (bank.web, bank.worker, bank.operator):
            await database.close()  # a connection tells the statistics on its way out
        await asyncio.sleep(0.5)
        db.execute("SELECT pg_stat_clear_snapshot()")
        row = db.execute(SCANS, [TABLES]).fetchone()
    assert row is not None
    assert row[0] < 100, "each of 60 holds and settles read whole tables"

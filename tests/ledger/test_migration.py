"""The ledger's migration goes down with everything in it, and up again."""

from __future__ import annotations

import psycopg
from tests.conftest import SECRET
from tests.ledger.bank import Bank

from atelier.base import migrate
from atelier.base.db import libpq_url

BEFORE = "20261120_1210"
LEFT_OVERS = (
    "SELECT proname FROM pg_proc WHERE proname LIKE 'ledger%' UNION ALL SELECT relname FROM pg_class"
    " WHERE relname IN ('accounts', 'transfers', 'postings', 'holds', 'ledger_terms')"
)


async def test_down_leaves_nothing_and_up_brings_it_back(bank: Bank, owner_url: str) -> None:
    await bank.hold(await bank.member(10), 4)
    for database in (bank.web, bank.worker, bank.operator):
        await database.close()
    migrate.downgrade(owner_url, BEFORE)
    with psycopg.connect(libpq_url(owner_url)) as db:
        assert db.execute(LEFT_OVERS).fetchall() == []
    migrate.upgrade(owner_url, SECRET)
    maker = await bank.member(10)
    await bank.settle(await bank.hold(maker, 4), 3)
    assert await bank.balance(maker) == (7, 0)
    assert (await bank.check()).balanced

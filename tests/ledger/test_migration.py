"""The ledger's migration goes down with everything in it, and up again."""

from __future__ import annotations

import psycopg
from sqlalchemy import text
from tests.conftest import SECRET
from tests.ledger.bank import STUDIO, Bank

from atelier.base import migrate
from atelier.base.db import libpq_url

BEFORE = "20261120_1210"
WITHOUT_LOTS = "20261130_2235"
LEFT_OVERS = (
    "SELECT proname FROM pg_proc WHERE proname LIKE 'ledger%' UNION ALL SELECT relname FROM pg_class"
    " WHERE relname IN ('accounts', 'transfers', 'postings', 'holds', 'lots', 'ledger_terms', 'ledger_movements')"
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


async def test_what_was_in_wallets_and_holds_before_there_were_lots_stays_spendable(bank: Bank, owner_url: str) -> None:
    maker, debtor = await bank.member(10), await bank.member(6)
    settled = await bank.hold(maker, 4)
    await bank.settle(settled, 3)
    held = await bank.hold(maker, 5)
    await bank.move("chargeback", debtor, 8)
    for database in (bank.web, bank.worker, bank.operator):
        await database.close()
    migrate.downgrade(owner_url, WITHOUT_LOTS)
    migrate.upgrade(owner_url, SECRET)
    assert (await bank.balance(maker), await bank.lots(maker)) == ((2, 5), [2])
    assert (await bank.check()).differences == []
    await bank.extend(held, 7)
    await bank.settle(held, 4)
    async with bank.operator.transaction(STUDIO) as db:
        query = text("SELECT id FROM transfers WHERE kind = 'settle' AND hold_id = :hold")
        of_old = (await db.execute(query, {"hold": settled})).scalar_one()
    await bank.reverse(of_old)  # nobody knows any more which lots it came from
    assert (await bank.balance(maker), await bank.lots(maker)) == ((6, 0), [3, 3])
    assert await bank.balance(debtor) == (0, 0)
    assert await bank.owed(debtor) == 0  # the older shape knew no debts
    assert (await bank.check()).differences == []

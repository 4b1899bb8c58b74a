"""The migration of the assets goes down with files in it, and up again."""

from __future__ import annotations

import psycopg
from tests.assets.conftest import Put
from tests.conftest import SECRET
from tests.roles import Person

from atelier.base import migrate
from atelier.base.db import Database, libpq_url

BEFORE = "20261120_1230"
LEFT_OVERS = (
    "SELECT proname FROM pg_proc WHERE proname LIKE 'assets%' UNION ALL"
    " SELECT relname FROM pg_class WHERE relname LIKE 'assets%'"
)


async def test_down_leaves_nothing_and_up_brings_it_back(
    owner_url: str, web_db: Database, maker: Person, put: Put
) -> None:
    await put(maker)
    await web_db.close()
    migrate.downgrade(owner_url, BEFORE)
    with psycopg.connect(libpq_url(owner_url)) as db:
        assert db.execute(LEFT_OVERS).fetchall() == []
    migrate.upgrade(owner_url, SECRET)
    assert (await maker.client.get("/api/v1/assets")).json()["total"] == 0
    await put(maker, "A red boat")
    assert (await maker.client.get("/api/v1/assets?q=boat")).json()["total"] == 1

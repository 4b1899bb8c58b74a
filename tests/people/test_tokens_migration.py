"""The migration of tokens goes down with everything in it and up again; what tokens could do, they can."""

from __future__ import annotations

import httpx
import psycopg
import pytest
from tests.conftest import SECRET
from tests.people.test_apps import phone, sign_in
from tests.roles import Person

from atelier.base import migrate
from atelier.base.db import libpq_url
from atelier.base.ids import new_id
from atelier.spine import Studio

__all__ = ["phone"]
BEFORE = "20261121_1300"
OLD = "jobs:read,jobs:write,assets:read,assets:write,models:read,wallet:read,account:read"


async def test_down_and_up_again(studio: Studio, maker: Person, phone: httpx.AsyncClient, owner_url: str) -> None:
    await sign_in(phone, maker)
    for name, scopes in (("all", OLD.split(",")), ("reads", ["jobs:read"])):
        made = await maker.client.post("/api/v1/tokens", json={"name": name, "scopes": scopes})
        assert made.status_code == 201
    for database in (studio.web_db, studio.worker_db, studio.operator_db):
        await database.close()
    migrate.downgrade(owner_url, BEFORE)
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        kept = db.execute("SELECT name, revoked_at IS NULL FROM tokens ORDER BY name").fetchall()
        assert kept == [("all", True), ("reads", False)]  # it would do everything in the older shape
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (1,)  # the browser's
        db.execute(
            "INSERT INTO tokens (id, member_id, name, digest, hint) VALUES (%s, %s, 'old', 'd', 'atl_')",
            [new_id(), maker.member_id],
        )
    migrate.upgrade(owner_url, SECRET)
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        found = db.execute("SELECT scopes FROM tokens WHERE name = 'old'").fetchone()
        assert found == (OLD.split(","),)
        with pytest.raises(psycopg.errors.NotNullViolation):  # a new one must say
            db.execute(
                "INSERT INTO tokens (id, member_id, name, digest, hint) VALUES (%s, %s, 'new', 'e', 'atl_')",
                [new_id(), maker.member_id],
            )

"""Opening an account: everything or nothing, and once for each e-mail."""

from __future__ import annotations

import asyncio
from html import unescape
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from tests.roles import PASSWORD, browser

from atelier import ledger
from atelier.base.db import Acting, Database

FORM = {"name": "Mara", "email": "Mara@Example.org", "password": PASSWORD}


async def _count(operator_db: Database, table: str) -> int:
    async with operator_db.transaction(Acting.for_studio()) as db:
        return int((await db.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_new_member_is_signed_in_and_has_the_welcome(visitor: httpx.AsyncClient, web_db: Database) -> None:
    answer = await visitor.post("/sign-up", data=FORM | {"next": "/library"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/library")
    me = (await visitor.get("/api/v1/me")).json()
    assert (me["name"], me["email"], me["role"]) == ("Mara", "mara@example.org", "member")
    async with web_db.transaction(Acting.member(me["id"])) as db:
        assert (await ledger.balance(db, member_id=me["id"])).available == 20
        kinds = (await db.execute(text("SELECT kind FROM events ORDER BY id"))).scalars().all()
        kept = (await db.execute(text("SELECT password_hash FROM members"))).scalar_one()
    assert {"member:signed_up", "session:started"} <= set(kinds)
    assert kept.startswith("$argon2id$v=19$m=65536,t=4,p=1$")


async def test_two_who_take_the_same_e_mail_at_once_get_one_account(app: FastAPI, operator_db: Database) -> None:
    async with browser(app) as one, browser(app) as other:
        answers = await asyncio.gather(
            one.post("/sign-up", data=FORM), other.post("/sign-up", data=FORM | {"email": " mara@EXAMPLE.org"})
        )
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert "cannot open another account" in refused.text
    assert "set-cookie" not in refused.headers
    assert await _count(operator_db, "members") == 1
    assert await _count(operator_db, "sessions") == 1
    assert await _count(operator_db, "accounts WHERE kind = 'wallet'") == 1


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "Write the name"),
    ({"name": "a\0b"}, "name", "Write the name"),
    ({"email": "mara"}, "email", "like name@example.org"),
    ({"email": "mara@example.org\0"}, "email", "like name@example.org"),
    ({"password": "short"}, "password", "at least 8"),
    ({"password": "Mara-mara-7", "email": "mara@example.org"}, "password", "e-mail's name"),
]


async def test_a_fault_stands_beside_its_field(visitor: httpx.AsyncClient, operator_db: Database) -> None:
    for change, field, says in BAD:
        answer = await visitor.post("/sign-up", data={**FORM, "name": "Ada <b>", **change})
        assert answer.status_code == 422, change
        assert says in unescape(answer.text)
        assert f'aria-describedby="{field}-says"' in answer.text
        assert answer.text.count('aria-invalid="true"') == 1
        if "name" not in change:
            assert 'value="Ada &lt;b&gt;"' in answer.text  # what was typed is still there
        assert (change.get("password") or PASSWORD) not in answer.text  # but never the password
    assert await _count(operator_db, "members") == 0


async def test_an_empty_form_is_answered_field_by_field(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/sign-up")
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 3


async def test_an_address_opens_three_accounts_an_hour_and_slips_do_not_count(app: FastAPI) -> None:
    async with browser(app) as slips:
        for _ in range(5):
            assert (await slips.post("/sign-up", data=FORM | {"password": "short"})).status_code == 422
    statuses = []
    for number in range(4):
        async with browser(app) as visitor:
            answer = await visitor.post("/sign-up", data=FORM | {"email": f"mara{number}@example.org"})
            statuses.append(answer.status_code)
    assert statuses == [303, 303, 303, 429]
    assert int(answer.headers["retry-after"]) > 3000

"""The first operator's link: it works once, for a day, and only the newest."""

from __future__ import annotations

import asyncio

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.roles import PASSWORD, Person, browser

from atelier.base.db import Acting, Database, libpq_url
from atelier.people import invitations

FORM = {"name": "Ona", "email": "ona@example.org", "password": PASSWORD}


@pytest.fixture
async def key(operator_db: Database) -> str:
    async with operator_db.transaction(Acting.for_studio()) as db:
        assert not await invitations.operator_exists(db)
        return await invitations.make_invitation(db)


async def _members(operator_db: Database) -> list[tuple[str, str]]:
    async with operator_db.transaction(Acting.for_studio()) as db:
        rows = await db.execute(text("SELECT email, role FROM members ORDER BY id"))
        return [(row[0], row[1]) for row in rows]


async def test_the_link_makes_the_operator(visitor: httpx.AsyncClient, operator_db: Database, key: str) -> None:
    link = invitations.operator_link("http://studio.test", key)
    page = await visitor.get(link.removeprefix("http://studio.test"))
    assert page.status_code == 200
    assert f'value="{key}"' in page.text
    answer = await visitor.post("/welcome/operator", data=FORM | {"key": key})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert (await visitor.get("/api/v1/me")).json()["role"] == "operator"
    async with operator_db.transaction(Acting.for_studio()) as db:
        assert await invitations.operator_exists(db)
    for again in (
        await visitor.get(f"/welcome/operator?key={key}"),
        await visitor.post("/welcome/operator", data=FORM | {"key": key, "email": "two@example.org"}),
    ):
        assert again.status_code == 410
    assert await _members(operator_db) == [("ona@example.org", "operator")]


async def test_two_at_once_make_one_operator(app: FastAPI, operator_db: Database, key: str) -> None:
    async with browser(app) as one, browser(app) as other:
        answers = await asyncio.gather(
            one.post("/welcome/operator", data=FORM | {"key": key}),
            other.post("/welcome/operator", data=FORM | {"key": key, "email": "two@example.org"}),
        )
    assert sorted(answer.status_code for answer in answers) == [303, 410]
    found = await _members(operator_db)
    assert [role for _, role in found] == ["operator"]  # and the slower one has no account at all


async def test_a_slip_in_the_form_does_not_spend_the_link(visitor: httpx.AsyncClient, key: str) -> None:
    answer = await visitor.post("/welcome/operator", data=FORM | {"key": key, "password": "short"})
    assert answer.status_code == 422
    assert "at least 8" in answer.text
    assert (await visitor.post("/welcome/operator", data=FORM | {"key": key})).status_code == 303


async def test_a_taken_e_mail_does_not_spend_the_link(visitor: httpx.AsyncClient, maker: Person, key: str) -> None:
    answer = await visitor.post("/welcome/operator", data=FORM | {"key": key, "email": maker.email})
    assert answer.status_code == 422
    assert (await visitor.get("/welcome/operator", params={"key": key})).status_code == 200


async def test_a_day_later_it_is_too_late(visitor: httpx.AsyncClient, owner_url: str, key: str) -> None:
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute("UPDATE invitations SET expires_at = now() - interval '1 second'")
    assert (await visitor.post("/welcome/operator", data=FORM | {"key": key})).status_code == 410


async def test_only_the_newest_link_works(visitor: httpx.AsyncClient, operator_db: Database, key: str) -> None:
    async with operator_db.transaction(Acting.for_studio()) as db:
        newest = await invitations.make_invitation(db)
    assert (await visitor.get("/welcome/operator", params={"key": key})).status_code == 410
    assert (await visitor.get("/welcome/operator", params={"key": newest})).status_code == 200


@pytest.mark.parametrize("key", ["", "x", "A" * 43, "A" * 5000, "\0", "é" * 43])
async def test_a_made_up_key_opens_nothing(visitor: httpx.AsyncClient, operator_db: Database, key: str) -> None:
    assert (await visitor.get("/welcome/operator", params={"key": key})).status_code == 410
    assert (await visitor.post("/welcome/operator", data=FORM | {"key": key})).status_code == 410
    assert await _members(operator_db) == []

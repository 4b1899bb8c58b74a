"""C6: apps sign in with an access token of minutes and a refresh token that is good once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.rows import dict_row
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.roles import ORIGIN, PASSWORD, Person

from atelier.base.crypto import digest
from atelier.base.db import Acting, Database, libpq_url
from atelier.base.marked import is_secret
from atelier.people.console import standing

TOKEN, REFRESH, REVOCATION = "/api/v1/auth/token", "/api/v1/auth/refresh", "/api/v1/auth/revocation"


@pytest.fixture
async def phone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An app that keeps no cookies."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        yield client


def rows(owner_url: str, statement: str, *values: object) -> list[dict[str, Any]]:
    """What the owner finds; it changes what the statement changes."""
    with psycopg.connect(libpq_url(owner_url), row_factory=dict_row) as db:
        found = db.execute(statement.encode(), values)
        return found.fetchall() if found.description else []


async def sign_in(phone: httpx.AsyncClient, person: Person, **more: object) -> dict[str, Any]:
    wish = {"email": person.email, "password": PASSWORD, "device": "Mara's phone", **more}
    answer = await phone.post(TOKEN, json=wish)
    assert answer.status_code == 200, answer.text
    pair: dict[str, Any] = answer.json()
    return pair


async def renew(phone: httpx.AsyncClient, refresh: str, key: str = "") -> httpx.Response:
    headers = {"idempotency-key": key} if key else {}
    return await phone.post(REFRESH, json={"refresh_token": refresh}, headers=headers)


async def status(phone: httpx.AsyncClient, access: str) -> int:
    answer = await phone.get("/api/v1/me", headers={"authorization": f"Bearer {access}"})
    return answer.status_code


async def test_an_app_signs_in_and_speaks_for_its_member(
    phone: httpx.AsyncClient, maker: Person, owner_url: str
) -> None:
    pair = await sign_in(phone, maker)
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 900)
    me = await phone.get("/api/v1/me", headers={"authorization": f"Bearer {pair['access_token']}"})
    assert me.json()["id"] == str(maker.member_id)
    assert is_secret("atr_", pair["refresh_token"])
    assert [row["digest"] for row in rows(owner_url, "SELECT digest FROM refresh_tokens")] == [
        digest(pair["refresh_token"])
    ]
    started = rows(owner_url, "SELECT data FROM events WHERE kind = 'session:started' AND data ? 'app'")
    assert started[0]["data"]["app"] == "Mara's phone"


async def test_its_scopes_are_those_that_it_asked_for(phone: httpx.AsyncClient, maker: Person) -> None:
    pair = await sign_in(phone, maker, scopes=["jobs:read", "jobs:read"])
    assert pair["scope"] == "jobs:read"
    bearer = {"authorization": f"Bearer {pair['access_token']}"}
    assert (await phone.get("/api/v1/jobs", headers=bearer)).status_code == 200
    refused = await phone.get("/api/v1/me", headers=bearer)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    again = (await renew(phone, pair["refresh_token"])).json()
    assert again["scope"] == "jobs:read"
    assert (await phone.post(TOKEN, json={"email": "x", "password": "x", "scopes": ["money:mint"]})).status_code == 422


async def test_the_account_page_lists_it_and_ends_it_by_one_click(
    phone: httpx.AsyncClient, maker: Person, owner_url: str
) -> None:
    pair = await sign_in(phone, maker)
    assert "Mara&#39;s phone" in (await maker.client.get("/account")).text
    (app,) = rows(owner_url, "SELECT id FROM sessions WHERE kind = 'app'")
    assert (await maker.client.post(f"/account/sessions/{app['id']}/sign-out")).status_code == 303
    assert await status(phone, pair["access_token"]) == 401
    assert (await renew(phone, pair["refresh_token"])).status_code == 400
    assert (await maker.client.get("/api/v1/me")).status_code == 200


async def test_a_refresh_token_is_good_once_and_brings_its_heir(phone: httpx.AsyncClient, maker: Person) -> None:
    pair = await sign_in(phone, maker)
    for _ in range(3):
        renewed = await renew(phone, pair["refresh_token"])
        assert renewed.status_code == 200
        assert renewed.json()["refresh_token"] != pair["refresh_token"]
        pair = renewed.json()
        assert await status(phone, pair["access_token"]) == 200


async def test_one_that_comes_twice_ends_the_family(phone: httpx.AsyncClient, maker: Person, owner_url: str) -> None:
    other = await sign_in(phone, maker, device="Tablet")
    stolen = await sign_in(phone, maker)
    mine = (await renew(phone, stolen["refresh_token"])).json()
    thief = await renew(phone, stolen["refresh_token"])
    assert (thief.status_code, thief.json()["code"]) == (400, "invalid_grant")
    for pair in (stolen, mine):
        assert await status(phone, pair["access_token"]) == 401
        assert (await renew(phone, pair["refresh_token"])).status_code == 400
    assert await status(phone, other["access_token"]) == 200
    (fact,) = rows(owner_url, "SELECT member_id, data FROM events WHERE kind = 'token:reused'")
    assert (fact["member_id"], fact["data"]["app"]) == (maker.member_id, "Mara's phone")
    (mail,) = rows(owner_url, "SELECT recipient, body FROM mails")
    assert mail["recipient"] == maker.email
    assert "Mara's phone" in mail["body"]


async def test_of_two_at_once_exactly_one_wins(app: FastAPI, maker: Person, owner_url: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as phone:
        pair = await sign_in(phone, maker)
        answers = await asyncio.gather(*(renew(phone, pair["refresh_token"]) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert rows(owner_url, "SELECT id FROM sessions WHERE kind = 'app'") == []
    assert len(rows(owner_url, "SELECT id FROM events WHERE kind = 'token:reused'")) == 1


async def test_a_lost_answer_comes_again_to_who_asked_with_a_key(
    phone: httpx.AsyncClient, maker: Person, owner_url: str
) -> None:
    pair = await sign_in(phone, maker)
    first = (await renew(phone, pair["refresh_token"], "k1")).json()
    second = (await renew(phone, pair["refresh_token"], "k1")).json()
    assert first["refresh_token"] == second["refresh_token"]
    assert await status(phone, second["access_token"]) == 200
    third = (await renew(phone, second["refresh_token"], "k2")).json()
    assert third["refresh_token"] not in (pair["refresh_token"], first["refresh_token"])
    assert (await renew(phone, pair["refresh_token"], "k1")).status_code == 400  # its heir was used: too late
    assert await status(phone, third["access_token"]) == 401


@pytest.mark.parametrize("how", ["another key", "no key", "too late"])
async def test_a_thief_gets_no_lost_answer(phone: httpx.AsyncClient, maker: Person, owner_url: str, how: str) -> None:
    pair = await sign_in(phone, maker)
    assert (await renew(phone, pair["refresh_token"], "k1")).status_code == 200
    if how == "too late":
        rows(owner_url, "UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL")
    key = {"another key": "k2", "no key": "", "too late": "k1"}[how]
    assert (await renew(phone, pair["refresh_token"], key)).status_code == 400
    assert rows(owner_url, "SELECT id FROM sessions WHERE kind = 'app'") == []


async def test_both_lives_come_to_an_end(phone: httpx.AsyncClient, maker: Person, owner_url: str) -> None:
    unused = await sign_in(phone, maker)
    rows(owner_url, "UPDATE refresh_tokens SET expires_at = now() - interval '1 second'")
    assert (await renew(phone, unused["refresh_token"])).status_code == 400
    old = await sign_in(phone, maker)
    rows(owner_url, "UPDATE sessions SET created_at = now() - interval '364 days' WHERE kind = 'app'")
    assert (await renew(phone, old["refresh_token"])).status_code == 200
    (last,) = rows(
        owner_url,
        "SELECT max(expires_at) < now() + interval '25 hours' AS soon FROM refresh_tokens WHERE used_at IS NULL"
        " AND expires_at > now()",
    )
    assert last["soon"]


async def test_handing_a_token_back_ends_what_it_opened(phone: httpx.AsyncClient, maker: Person) -> None:
    for which in ("refresh_token", "access_token"):
        pair = await sign_in(phone, maker)
        assert (await phone.post(REVOCATION, data={"token": pair[which]})).status_code == 200
        assert await status(phone, pair["access_token"]) == 401
        assert (await renew(phone, pair["refresh_token"])).status_code == 400
        assert (await phone.post(REVOCATION, data={"token": pair[which]})).status_code == 200  # as good as revoked
    made = await maker.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["account:read"]})
    personal = made.json()["token"]
    assert await status(phone, personal) == 200
    assert (await phone.post(REVOCATION, data={"token": personal})).status_code == 200
    assert await status(phone, personal) == 401
    for garbage in ("x", "atr_" + "A" * 46, "atl_" + "A" * 46, "a.b.c", "\0"):
        assert (await phone.post(REVOCATION, data={"token": garbage})).status_code == 200
    assert (await phone.post(REVOCATION)).status_code == 422


async def test_used_refresh_tokens_can_be_handed_back_too(phone: httpx.AsyncClient, maker: Person) -> None:
    pair = await sign_in(phone, maker)
    renewed = (await renew(phone, pair["refresh_token"])).json()
    await phone.post(REVOCATION, data={"token": pair["refresh_token"]})
    assert await status(phone, renewed["access_token"]) == 401


@pytest.mark.parametrize("how", ["everywhere else", "password", "operator", "ban"])
async def test_whatever_signs_a_member_out_signs_their_apps_out(
    phone: httpx.AsyncClient, maker: Person, operator: Person, operator_db: Database, how: str
) -> None:
    pair = await sign_in(phone, maker)
    if how == "everywhere else":
        await maker.client.post("/account/sessions/sign-out")
    elif how == "password":
        form = {"current": PASSWORD, "password": "Nine-green-kites-5"}
        assert (await maker.client.post("/account/password", data=form)).status_code == 303
    async with operator_db.transaction(Acting.for_studio(operator.member_id)) as db:
        if how == "operator":
            await standing.sign_out(db, by=operator.member_id, member_id=maker.member_id)
        elif how == "ban":
            await standing.ban(db, by=operator.member_id, member_id=maker.member_id, why="spam")
    assert await status(phone, pair["access_token"]) == 401
    assert (await renew(phone, pair["refresh_token"])).status_code == 400
    if how == "ban":
        again = await phone.post(TOKEN, json={"email": maker.email, "password": PASSWORD})
        assert (again.status_code, again.json()["code"]) == (403, "account_closed")


async def test_the_doors_locks_hold_for_apps(phone: httpx.AsyncClient, maker: Person) -> None:
    wrong = {"email": maker.email, "password": "Not-the-one-1"}
    for _ in range(5):
        answer = await phone.post(TOKEN, json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_password")
    locked = await phone.post(TOKEN, json={"email": maker.email, "password": PASSWORD})
    assert (locked.status_code, locked.json()["code"]) == (429, "sign_in_locked")
    assert int(locked.headers["retry-after"]) > 0


async def test_a_password_alone_opens_no_account_with_a_second_factor(
    phone: httpx.AsyncClient, maker: Person, owner_url: str
) -> None:
    rows(owner_url, "UPDATE members SET protected = true")
    answer = await phone.post(TOKEN, json={"email": maker.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")
    assert answer.json()["needs"] == "personal_token"
    assert rows(owner_url, "SELECT id FROM sessions WHERE kind = 'app'") == []


async def test_garbage_opens_nothing(phone: httpx.AsyncClient, maker: Person) -> None:
    pair = await sign_in(phone, maker)
    for refresh in ("", "x", pair["access_token"], pair["refresh_token"][:-1], "atr_" + "A" * 46, "atr_\0", "é"):
        answer = await renew(phone, refresh)
        assert answer.status_code in (400, 422), refresh
    assert await status(phone, pair["refresh_token"]) == 401
    assert (await renew(phone, pair["refresh_token"])).status_code == 200  # none of that was a use of it


async def test_the_database_lets_nobody_touch_refresh_tokens(
    phone: httpx.AsyncClient, maker: Person, stranger: Person, web_db: Database
) -> None:
    await sign_in(phone, maker)
    async with web_db.transaction(Acting.member(stranger.member_id)) as db:
        assert (await db.execute(text("SELECT id FROM refresh_tokens"))).first() is None
    for statement in (
        "SELECT digest FROM refresh_tokens",
        "UPDATE refresh_tokens SET used_at = NULL",
        "DELETE FROM refresh_tokens",
        "UPDATE sessions SET expires_at = 'infinity'",
        "UPDATE sessions SET scopes = NULL, kind = 'browser'",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with web_db.transaction(Acting.member(maker.member_id)) as db:
                await db.execute(text(statement))

"""Sessions: opaque to the browser, a digest to us, and gone everywhere when they end."""

from __future__ import annotations

from dataclasses import replace
from typing import LiteralString

import httpx
import psycopg
from fastapi import FastAPI
from sqlalchemy import text
from tests.roles import PASSWORD, Person, browser

from atelier.base.crypto import digest
from atelier.base.db import Acting, Database, libpq_url
from atelier.people import sessions


def _change(owner_url: str, statement: LiteralString) -> None:
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute(statement)


async def _signed_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/api/v1/me")).status_code == 200


async def test_the_database_knows_only_the_digest(maker: Person, web_db: Database) -> None:
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        kept = (await db.execute(text("SELECT digest FROM sessions"))).scalar_one()
    assert kept == digest(maker.secret)
    assert maker.secret not in kept


async def test_signing_out_ends_it_in_the_database_too(app: FastAPI, maker: Person) -> None:
    answer = await maker.client.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert 'atelier=""' in answer.headers["set-cookie"]
    async with browser(app, maker.secret) as thief:  # who kept a copy of the cookie
        assert not await _signed_in(thief)
    assert (await maker.client.post("/sign-out")).status_code == 303  # once more does no harm


async def test_an_expired_session_opens_nothing_and_is_cleared_away(
    app: FastAPI, maker: Person, owner_url: str, operator_db: Database
) -> None:
    assert await _signed_in(maker.client)
    _change(owner_url, "UPDATE sessions SET expires_at = now() - interval '1 second'")
    assert not await _signed_in(maker.client)
    async with browser(app) as visitor:
        await visitor.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
    async with operator_db.transaction(Acting.for_studio()) as db:
        assert (await db.execute(text("SELECT count(*) FROM sessions"))).scalar_one() == 1


async def test_a_member_is_seen_at_most_once_a_minute(maker: Person, owner_url: str, web_db: Database) -> None:
    async def seen() -> object:
        async with web_db.transaction(Acting.member(maker.member_id)) as db:
            return (await db.execute(text("SELECT seen_at FROM sessions"))).scalar_one()

    first = await seen()
    await _signed_in(maker.client)
    assert await seen() == first
    _change(owner_url, "UPDATE sessions SET seen_at = now() - interval '2 minutes'")
    before = await seen()
    await _signed_in(maker.client)
    assert await seen() != before


async def test_the_cookie_of_an_open_studio_is_for_http_only(app: FastAPI, maker: Person) -> None:
    async with browser(app) as visitor:
        answer = await visitor.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("atelier=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie


async def test_on_https_the_cookie_is_bound_to_its_host(app: FastAPI, maker: Person) -> None:
    app.state.parts = replace(app.state.parts, origin="https://studio.test")
    async with browser(app) as visitor:
        answer = await visitor.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-atelier=")
        assert "; Secure" in cookie
        assert "Domain" not in cookie
        secret = cookie.removeprefix("__Host-atelier=").split(";")[0]
        one = await visitor.get("/api/v1/me", headers={"cookie": f"__Host-atelier={secret}"})
        assert one.status_code == 200
        plain = await visitor.get("/api/v1/me", headers={"cookie": f"atelier={secret}"})
        assert plain.status_code == 401  # a cookie that a plain http page could have set


GARBAGE = (
    b"atelier=", b"atelier=x", b"atelier=" + b"A" * 43, b"atelier=" + b"A" * 5000, b"atelier=%00", b"atelier", b";;;=;",
    b"atelier=\xe9" + b"A" * 42, b"atelier='; DROP TABLE sessions; --", b"atelier=\xff\xfe", b'atelier="\\"',
)  # fmt: skip


async def test_a_garbage_cookie_is_nobody(visitor: httpx.AsyncClient) -> None:
    for cookie in GARBAGE:
        answer = await visitor.get("/api/v1/me", headers={b"cookie": cookie})
        assert answer.status_code == 401, cookie
        assert answer.json()["code"] == "signed_out"


async def test_a_digest_is_not_a_secret(app: FastAPI, maker: Person) -> None:
    async with browser(app, digest(maker.secret)[:43]) as visitor:
        assert not await _signed_in(visitor)


async def test_the_account_page_lists_browsers_and_signs_one_out(app: FastAPI, maker: Person, web_db: Database) -> None:
    async with browser(app) as laptop:
        await laptop.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
        page = (await maker.client.get("/account")).text
        assert "Firefox, Linux" in page
        assert page.count("this browser") == 1
        async with web_db.transaction(Acting.member(maker.member_id)) as db:
            other = (
                await db.execute(text("SELECT id FROM sessions WHERE id <> :mine"), {"mine": maker.caller.session_id})
            ).scalar_one()
        assert (await maker.client.post(f"/account/sessions/{other}/sign-out")).status_code == 303
        assert not await _signed_in(laptop)
    assert await _signed_in(maker.client)


async def test_nobody_ends_the_session_of_somebody_else(maker: Person, stranger: Person) -> None:
    answer = await stranger.client.post(f"/account/sessions/{maker.caller.session_id}/sign-out")
    assert answer.status_code == 404
    assert await _signed_in(maker.client)
    assert (await stranger.client.post("/account/sessions/garbage/sign-out")).status_code == 404


async def test_everywhere_else_means_everywhere_else(app: FastAPI, maker: Person, stranger: Person) -> None:
    async with browser(app) as laptop:
        await laptop.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
        await maker.client.post("/account/sessions/sign-out")
        assert not await _signed_in(laptop)
    assert await _signed_in(maker.client)
    assert await _signed_in(stranger.client)


async def test_a_member_keeps_the_fifty_sessions_seen_last(app: FastAPI, maker: Person, web_db: Database) -> None:
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        for _ in range(sessions.MOST):
            last = await sessions.start(db, member_id=maker.member_id, agent="tests", address="here")
        assert len(await sessions.list_sessions(db, member_id=maker.member_id)) == sessions.MOST
    assert not await _signed_in(maker.client)  # the oldest of fifty-one
    async with browser(app, last) as newest:
        assert await _signed_in(newest)
        assert "44 more" in (await newest.get("/account")).text

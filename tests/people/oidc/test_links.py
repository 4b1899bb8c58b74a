"""Linking accounts on the account page, and unlinking them; never the only way in."""

from __future__ import annotations

import asyncio
import re

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.people.oidc.conftest import Walk, there
from tests.people.oidc.fake import FakeProvider
from tests.people.oidc.test_sign_in import me, rows
from tests.roles import Person, browser

from atelier.base.db import Acting, Database
from atelier.people import tokens
from atelier.people.oidc import identities
from atelier.people.oidc.said import subject_key
from atelier.web.scopes import Scope

LINK = "/account/links/corner"


async def identity(client: httpx.AsyncClient, nth: int = 0) -> str:
    found = re.findall(r"/account/links/([0-9a-f-]{36})/removal", (await client.get("/account")).text)
    return f"/account/links/{found[nth]}/removal"


async def test_a_member_links_an_account_and_comes_in_with_it(
    app: FastAPI, maker: Person, walk: Walk, fake: FakeProvider
) -> None:
    fake.person["email_verified"] = False  # it is the member who says that it is theirs
    answer = await walk(maker.client, LINK)
    assert answer.headers["location"] == "/account?done=linked#links"
    page = (await maker.client.get("/account?done=linked")).text
    assert "That account opens yours from now on." in page
    assert "ada@example.org" in page
    async with browser(app) as elsewhere:
        await walk(elsewhere)
        assert (await me(elsewhere))["id"] == str(maker.member_id)


async def test_the_member_is_told_by_mail(
    maker: Person, walk: Walk, fake: FakeProvider, owner_url: str, app: FastAPI
) -> None:
    fake.person["name"] = "Ada\r\nBcc: x@example.org"
    del fake.person["email"]
    await walk(maker.client, LINK)
    await walk(maker.client, LINK)  # again: nothing is new
    with psycopg.connect(owner_url) as db:
        (mail,) = db.execute("SELECT recipient, body FROM mails").fetchall()
    assert mail[0] == maker.email
    assert "also opens with" in mail[1]
    assert "at Corner" in mail[1]
    async with browser(app) as newcomer:
        fake.person = {"sub": "new", "email": "new@example.org", "email_verified": True}
        await walk(newcomer)
    with psycopg.connect(owner_url) as db:
        assert db.execute("SELECT count(*) FROM mails").fetchone() == (1,)  # who has just come knows how


async def test_two_windows_cannot_unlink_the_last_two(
    visitor: httpx.AsyncClient, walk: Walk, web_db: Database, operator_db: Database
) -> None:
    await walk(visitor)
    await walk(visitor, "/account/links/github")
    found = await rows(operator_db, "SELECT id, member_id FROM identities ORDER BY id")

    unlinked = asyncio.Event()

    async def unlink(nth: int, then: asyncio.Event) -> None:
        identity_id, member_id = found[nth]
        issuers = ("https://id.example", "https://github.com")
        async with web_db.transaction(Acting.member(member_id)) as db:
            await identities.unlink(db, member_id=member_id, identity_id=identity_id, but=None, issuers=issuers)
            unlinked.set()
            await then.wait()

    close, at_once = asyncio.Event(), asyncio.Event()
    at_once.set()
    first = asyncio.create_task(unlink(0, close))
    await unlinked.wait()
    second = asyncio.create_task(unlink(1, at_once))
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with asyncio.timeout(60):
        while not second.done() and await rows(operator_db, waits) == [(0,)]:
            await asyncio.sleep(0.01)
    assert not second.done()
    close.set()
    await first
    with pytest.raises(identities.OnlyWayIn):
        await second


async def test_linking_an_account_with_the_members_own_address_confirms_it(
    maker: Person, walk: Walk, fake: FakeProvider, operator_db: Database
) -> None:
    seen = "SELECT verified_at IS NOT NULL FROM members"
    await walk(maker.client, LINK)
    assert await rows(operator_db, seen) == [(False,)]
    fake.person = {"sub": "m", "email": maker.email, "email_verified": False}
    await walk(maker.client, LINK)
    assert await rows(operator_db, seen) == [(False,)]
    fake.person = {"sub": "m2", "email": maker.email, "email_verified": True}
    await walk(maker.client, LINK)
    assert await rows(operator_db, seen) == [(True,)]


async def test_a_linked_account_is_called_by_its_e_mail(maker: Person, walk: Walk, fake: FakeProvider) -> None:
    fake.told_in_token = False
    await walk(maker.client, LINK)
    assert "ada@example.org" in (await maker.client.get("/account")).text


async def test_an_account_opens_one_member_only(maker: Person, stranger: Person, walk: Walk) -> None:
    await walk(maker.client, LINK)
    answer = await walk(stranger.client, LINK)
    assert (answer.status_code, "linked_already" in answer.text) == (409, True)
    assert (await walk(maker.client, LINK)).status_code == 303  # their own, again


async def test_a_link_belongs_to_the_session_that_asked(
    app: FastAPI, maker: Person, stranger: Person, fake: FakeProvider
) -> None:
    answer = fake.grant(there(await maker.client.post(LINK)))
    for thief in (stranger.client, browser(app)):
        for cookie in maker.client.cookies.jar:
            if cookie.name.startswith("atelier-way"):
                thief.cookies.set(cookie.name, cookie.value or "")
        landed = await thief.get("/sign-in/with/corner/return", params=answer)
        assert landed.status_code == 410
    assert "ada@example.org" not in (await stranger.client.get("/account")).text


async def test_linking_needs_the_member_themselves(
    app: FastAPI, visitor: httpx.AsyncClient, web_db: Database, maker: Person
) -> None:
    assert (await visitor.post(LINK, headers={"accept": "application/json"})).status_code == 401
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        _, secret = await tokens.create(db, member_id=maker.member_id, name="laptop", scopes=Scope)
    bearer = {"authorization": f"Bearer {secret}", "accept": "application/json"}
    assert (await visitor.post(LINK, headers=bearer)).status_code == 403


async def test_unlinking_ends_what_was_begun_with_it_elsewhere(
    app: FastAPI, maker: Person, walk: Walk, operator_db: Database
) -> None:
    await walk(maker.client, LINK)
    async with browser(app) as elsewhere:
        await walk(elsewhere)
        answer = await maker.client.post(await identity(maker.client))
        assert answer.headers["location"] == "/account?done=unlinked#links"
        assert (await elsewhere.get("/api/v1/me")).status_code == 401
        assert (await maker.client.get("/api/v1/me")).status_code == 200
        assert await rows(operator_db, "SELECT 1 FROM identities") == []
        await walk(elsewhere)
        assert (await me(elsewhere))["id"] != str(maker.member_id)


async def test_the_only_way_in_stays(visitor: httpx.AsyncClient, walk: Walk, operator_db: Database) -> None:
    await walk(visitor)
    refused = await visitor.post(await identity(visitor))
    assert (refused.status_code, "only_way_in" in refused.text) == (409, True)
    await walk(visitor, "/account/links/github")
    assert (await visitor.post(await identity(visitor))).status_code == 303
    assert (await visitor.post(await identity(visitor))).status_code == 409
    assert len(await rows(operator_db, "SELECT 1 FROM identities")) == 1


async def test_an_account_at_a_provider_that_is_no_longer_offered_is_no_way_in(
    visitor: httpx.AsyncClient, walk: Walk, owner_url: str
) -> None:
    await walk(visitor)
    await walk(visitor, "/account/links/github")
    with psycopg.connect(owner_url, autocommit=True) as db:
        db.execute("UPDATE identities SET issuer = 'https://gone.example' WHERE issuer = 'https://github.com'")
    assert "no longer offered here" in (await visitor.get("/account")).text
    assert (await visitor.post(await identity(visitor, 0))).status_code == 409
    assert (await visitor.post(await identity(visitor, 1))).status_code == 303


async def test_a_strangers_link_cannot_be_unlinked(maker: Person, stranger: Person, walk: Walk) -> None:
    await walk(maker.client, LINK)
    for path in (await identity(maker.client), "/account/links/nothing/removal"):
        assert (await stranger.client.post(path)).status_code == 404
    assert "ada@example.org" in (await maker.client.get("/account")).text


async def test_who_has_no_password_is_told_how_to_set_one(
    visitor: httpx.AsyncClient, walk: Walk, maker: Person
) -> None:
    await walk(visitor)
    page = (await visitor.get("/account")).text
    assert "Set one" in page
    assert 'action="/account/email"' in page  # who came in just now needs no password for it
    assert "Set one" not in (await maker.client.get("/account")).text


async def test_a_knock_finds_one_account_and_only_to_look(
    web_db: Database, maker: Person, stranger: Person, walk: Walk
) -> None:
    await walk(maker.client, LINK)
    key = subject_key("https://id.example", "ada-1")

    async def seen(acting: Acting, statement: str) -> list[tuple[object, ...]]:
        async with web_db.transaction(acting) as db:
            return [tuple(row) for row in await db.execute(text(statement))]

    assert await seen(Acting.knocking(key), "SELECT member_id FROM identities") == [(maker.member_id,)]
    assert await seen(Acting.knocking(key), "DELETE FROM identities RETURNING id") == []
    for acting in (Acting.nobody(), Acting.member(stranger.member_id), Acting.knocking(""), Acting(studio=True)):
        for table in ("identities", "provider_sessions"):
            assert await seen(acting, f"SELECT * FROM {table}") == []


async def test_what_the_web_role_may_not_do(web_db: Database, maker: Person, stranger: Person, walk: Walk) -> None:
    await walk(maker.client, LINK)
    for statement in (
        "UPDATE identities SET key = 'x'",
        f"UPDATE identities SET member_id = '{stranger.member_id}'",
        "UPDATE provider_sessions SET hint = 'x'",
        "SELECT * FROM logouts_heard",
        "UPDATE members SET verified_at = now()",
        f"INSERT INTO identities (id, member_id, issuer, key, label)"
        f" VALUES (gen_random_uuid(), '{stranger.member_id}', 'x', 'x', 'x')",
    ):
        with pytest.raises(DBAPIError, match=r"permission denied|row-level security"):
            async with web_db.transaction(Acting.member(maker.member_id)) as db:
                await db.execute(text(statement))
    async with web_db.transaction(Acting.member(maker.member_id)) as db:  # a link of an earlier transaction
        assert not (await db.execute(text("SELECT people_prove_by_provider()"))).scalar_one()


async def test_operators_read_no_keys_and_no_hints(operator_db: Database) -> None:
    for column, table in (("key", "identities"), ("proved_email", "identities"), ("hint", "provider_sessions")):
        with pytest.raises(DBAPIError, match="permission denied"):
            await rows(operator_db, f"SELECT {column} FROM {table}")

"""Confirming by a provider who one is, for members with no password, passkey or app: it must have asked just now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.people.factors.conftest import facts
from tests.people.factors.test_confirmation import hidden
from tests.people.oidc.conftest import Walk, there
from tests.people.oidc.fake import Claims, FakeProvider
from tests.people.oidc.test_sign_in import me, rows
from tests.roles import Person, browser

from atelier.app import create_app
from atelier.base.db import Acting, Database
from atelier.people.oidc.elsewhere import Elsewhere
from atelier.spine import Studio

CONFIRM = "/account/confirmation/with/corner"
EMAIL = "/account/email"
NEW = {"email": "ada@new.example"}


async def grow_stale(owner_url: str) -> None:
    """Have every session be confirmed twenty minutes ago."""
    with psycopg.connect(owner_url, autocommit=True) as db:
        db.execute("UPDATE sessions SET confirmed_at = now() - interval '20 minutes'")


@pytest.fixture
async def ada(visitor: httpx.AsyncClient, walk: Walk, owner_url: str) -> httpx.AsyncClient:
    """A browser of a member who comes in through the provider only, and signed in twenty minutes ago."""
    await walk(visitor)
    await grow_stale(owner_url)
    return visitor


async def confirmed(client: httpx.AsyncClient) -> bool:
    """Whether a sensitive act goes through."""
    answer = await client.post("/account/security/app")
    assert answer.status_code in (303, 403), answer.text
    return answer.status_code == 303


async def test_the_provider_is_asked_to_ask_again(ada: httpx.AsyncClient) -> None:
    page = await ada.get("/account/confirmation")
    assert f'action="{CONFIRM}"' in page.text
    asked = parse_qs(urlsplit(there(await ada.post(CONFIRM))).query)
    assert asked["prompt"] == ["login"]
    assert asked["max_age"] == ["0"]


async def test_what_was_typed_goes_on_after_the_provider(
    ada: httpx.AsyncClient, walk: Walk, operator_db: Database
) -> None:
    kept = hidden(await ada.post(EMAIL, data=NEW))
    done = await walk(ada, CONFIRM, data=kept)
    assert done.status_code == 200, done.text
    assert f'action="{EMAIL}"' in done.text
    assert hidden(done) == NEW
    assert (await ada.post(EMAIL, data=hidden(done))).status_code == 303
    assert [data["by"] for _, data in await facts(operator_db, "session:confirmed")] == ["provider"]
    assert await rows(operator_db, "SELECT 1 FROM sessions HAVING count(*) = 1") == [(1,)]  # no new session


async def test_a_long_form_waits_too(ada: httpx.AsyncClient, walk: Walk) -> None:
    typed = {"email": "ada@new.example", "note": "x" * 60_000}
    done = await walk(ada, CONFIRM, data=hidden(await ada.post(EMAIL, data=typed)))
    assert hidden(done) == typed


async def test_without_a_waiting_form_it_leads_back(ada: httpx.AsyncClient, walk: Walk) -> None:
    done = await walk(ada, CONFIRM, data={"next": "/account/security"})
    assert (done.status_code, done.headers["location"]) == (303, "/account/security")
    assert await confirmed(ada)


async def test_two_windows_never_send_each_others_form(ada: httpx.AsyncClient, fake: FakeProvider) -> None:
    first = hidden(await ada.post(EMAIL, data=NEW))
    away = there(await ada.post(CONFIRM, data=first))
    second = hidden(await ada.post("/account/security/app", data={"x": "second"}))
    await ada.post(CONFIRM, data=second)
    done = await ada.get("/sign-in/with/corner/return", params=fake.grant(away))
    assert "second" not in done.text
    assert (done.status_code, done.headers["location"]) == (303, "/account")


LIES: dict[str, Callable[[Claims], object]] = {
    "no auth_time": lambda claims: claims.pop("auth_time"),
    "an old auth_time": lambda claims: claims.update(auth_time=time.time() - 120),
    "an auth_time in the future": lambda claims: claims.update(auth_time=time.time() + 120),
    "an auth_time that is a text": lambda claims: claims.update(auth_time=str(int(time.time()))),
    "an auth_time that is true": lambda claims: claims.update(auth_time=True),
    "an auth_time that is not a number": lambda claims: claims.update(auth_time=float("nan")),
    "another subject": lambda claims: claims.update(sub="eve"),
    "another subject with the member's e-mail": lambda claims: claims.update(sub="eve", email="ada@example.org"),
    "another nonce": lambda claims: claims.update(nonce="x" * 43),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_confirms_nothing(
    ada: httpx.AsyncClient, walk: Walk, fake: FakeProvider, operator_db: Database, lie: str
) -> None:
    kept = hidden(await ada.post(EMAIL, data=NEW))
    fake.bend = LIES[lie]
    answer = await walk(ada, CONFIRM, data=kept)
    assert answer.status_code in (403, 502), answer.text
    assert not await confirmed(ada)
    assert not await facts(operator_db, "session:confirmed")
    assert [data["factor"] for _, data in await facts(operator_db, "factor:failed")] == ["provider"]
    assert hidden(answer)["waits"]  # the form is still there for another try
    fake.bend = lambda claims: None
    assert hidden(await walk(ada, CONFIRM, data=hidden(answer))) == NEW


async def test_an_account_of_another_member_confirms_nothing(
    app: FastAPI, ada: httpx.AsyncClient, walk: Walk, fake: FakeProvider
) -> None:
    fake.person = {"sub": "eve", "email": "eve@example.org", "email_verified": True}
    async with browser(app) as eve:
        await walk(eve)
    answer = await walk(ada, CONFIRM)
    assert answer.status_code == 403
    assert "with another account than the one that opens yours here" in answer.text
    assert not await confirmed(ada)


async def test_a_no_there_confirms_nothing(ada: httpx.AsyncClient, walk: Walk) -> None:
    answer = await walk(ada, CONFIRM, code=None, error="login_required")
    assert answer.status_code == 403
    assert not await confirmed(ada)


async def test_the_answer_to_an_ordinary_sign_in_confirms_nothing(ada: httpx.AsyncClient, fake: FakeProvider) -> None:
    fake.signed_in_at = time.time() - 3600
    answer = fake.grant(there(await ada.post("/sign-in/with/corner")))
    assert (await ada.get("/sign-in/with/corner/return", params=answer)).status_code == 303
    assert not await confirmed(ada)


async def test_who_was_long_signed_in_there_is_signed_in_here_and_asked_again(
    app: FastAPI, walk: Walk, fake: FakeProvider
) -> None:
    fake.signed_in_at = time.time() - 3600
    async with browser(app) as newcomer:
        assert (await walk(newcomer)).status_code == 303
        assert not await confirmed(newcomer)
        assert (await walk(newcomer, CONFIRM)).status_code == 303
        assert await confirmed(newcomer)


async def test_who_signed_in_there_just_now_is_confirmed(visitor: httpx.AsyncClient, walk: Walk) -> None:
    await walk(visitor)
    assert await confirmed(visitor)


async def test_a_provider_that_does_not_say_when_confirms_nothing_by_signing_in(
    visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider
) -> None:
    fake.bend = lambda claims: claims.pop("auth_time", None)
    assert (await walk(visitor)).status_code == 303
    assert not await confirmed(visitor)


async def test_the_operator_can_say_that_a_provider_cannot_ask_again(
    studio: Studio, elsewhere: Elsewhere, walk: Walk, fake: FakeProvider, owner_url: str
) -> None:
    plain = replace(elsewhere.provider("corner"), asks_again=False)
    app = create_app(studio, elsewhere=Elsewhere([plain], "s" * 40, studio.origin, reach=elsewhere.reach))
    fake.bend = lambda claims: claims.pop("auth_time", None)
    async with browser(app) as member:
        await walk(member)
        assert await confirmed(member)
        await grow_stale(owner_url)
        assert not await confirmed(member)
        assert "prompt" not in there(await member.post(CONFIRM))
        await walk(member, CONFIRM)
        assert await confirmed(member)


async def test_coming_from_github_confirms_because_it_cannot_ask_again(
    visitor: httpx.AsyncClient, walk: Walk, owner_url: str
) -> None:
    await walk(visitor, "/sign-in/with/github")
    await grow_stale(owner_url)
    assert (await walk(visitor, "/account/confirmation/with/github")).status_code == 303
    assert await confirmed(visitor)


async def test_who_has_a_password_confirms_with_that(maker: Person, walk: Walk, owner_url: str) -> None:
    await walk(maker.client, "/account/links/corner")
    await grow_stale(owner_url)
    assert CONFIRM not in (await maker.client.get("/account/confirmation")).text
    assert (await walk(maker.client, CONFIRM)).status_code == 403
    assert not await confirmed(maker.client)


async def test_only_linked_accounts_are_offered(ada: httpx.AsyncClient) -> None:
    page = (await ada.get("/account/confirmation")).text
    assert "with/corner" in page
    assert "with/github" not in page
    assert (await ada.post("/account/confirmation/with/github")).status_code == 403


async def test_the_answer_belongs_to_the_session_that_asked(
    app: FastAPI, ada: httpx.AsyncClient, fake: FakeProvider, walk: Walk, owner_url: str
) -> None:
    answer = fake.grant(there(await ada.post(CONFIRM)))
    async with browser(app) as other:
        await walk(other)
        await grow_stale(owner_url)
        for cookie in ada.cookies.jar:
            if cookie.name.startswith("atelier-way"):
                other.cookies.set(cookie.name, cookie.value or "")
        assert (await other.get("/sign-in/with/corner/return", params=answer)).status_code == 410
        assert not await confirmed(other)


async def test_the_waiting_form_is_read_by_nobody_else(
    ada: httpx.AsyncClient, operator_db: Database, worker_db: Database, web_db: Database, stranger: Person
) -> None:
    await ada.post(CONFIRM, data=hidden(await ada.post(EMAIL, data=NEW)))
    statement = text("SELECT sealed_form FROM sessions WHERE sealed_form IS NOT NULL")
    for database in (operator_db, worker_db):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.transaction(Acting.for_studio()) as db:
                await db.execute(statement)
    async with web_db.transaction(Acting.member(stranger.member_id)) as db:
        assert (await db.execute(statement)).all() == []
    member = (await me(ada))["id"]
    async with web_db.transaction(Acting.member(UUID(member))) as db:
        (sealed,) = (await db.execute(statement)).scalars()
    assert "new.example" not in sealed

"""Processes whose clocks differ: what one of them makes is as long good in another as in itself.

In each test a process makes something whose clock is hours off, and one whose clock is right goes on, or the other way
round.
"""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI, Response
from tests.conftest import SECRET, SetClock
from tests.people.factors.conftest import add_passkey, ask, first_half
from tests.people.factors.conftest import settings as settings  # an address for which browsers make passkeys
from tests.people.test_apps import phone, rows, sign_in, status
from tests.people.test_unfinished import FROM, MAKE, TYPED, ended
from tests.people.test_unfinished import sign_in as sign_in_again
from tests.roles import Person, browser

from atelier.base.crypto import derive
from atelier.base.db import Acting, Database
from atelier.base.ids import new_id
from atelier.base.seal import Seal
from atelier.notify import Keys
from atelier.people import confirmations, invitations, tokens, unfinished
from atelier.people.factors import waiting
from atelier.people.leaving import rules
from atelier.people.locks import LASTS, account_of, cookie_name, place, remember
from atelier.web import confirmed
from atelier.web.caller import Role
from atelier.web.scopes import Scope

__all__ = ["phone"]
HOURS = 2 * 3600.0
BOTH = pytest.mark.parametrize("step", [-HOURS, HOURS])


async def test_a_passkeys_challenge(app: FastAPI, maker: Person, set_clock: SetClock) -> None:
    device = await add_passkey(maker)
    async with browser(app) as visitor:
        set_clock(HOURS)
        asked = await ask(visitor, "/sign-in/passkey/challenge")
        set_clock(0)
        assert (await visitor.post("/sign-in/passkey", data={"credential": device.sign(asked)})).status_code == 303


async def test_a_passkeys_challenge_as_the_second_factor(app: FastAPI, maker: Person, set_clock: SetClock) -> None:
    device = await add_passkey(maker)
    async with browser(app) as visitor:
        set_clock(HOURS)
        await first_half(visitor, maker)
        asked = await ask(visitor, "/sign-in/second/challenge")
        set_clock(0)
        signed = {"credential": device.sign(asked)}
        assert (await visitor.post("/sign-in/second/passkey", data=signed)).status_code == 303


@BOTH
async def test_a_form_that_waits_for_a_confirmation(web_db: Database, set_clock: SetClock, step: float) -> None:
    seal, session = Seal(derive(SECRET, "waiting")), new_id()
    async with web_db.transaction(Acting.nobody()):
        set_clock(step)
        sealed = waiting.close(seal, session, waiting.Waiting("/account"))
        set_clock(0)
        assert waiting.open(seal, session, sealed) is not None


async def test_a_form_that_was_sent_after_the_session_had_ended(
    maker: Person, web_db: Database, set_clock: SetClock
) -> None:
    client = await ended(maker, web_db)
    set_clock(HOURS)
    await client.post(MAKE, data=TYPED, headers=FROM | {"referer": f"http://localhost{MAKE}"})
    set_clock(0)
    await sign_in_again(client, maker)
    assert "negative_prompt" in (await client.get(unfinished.PAGE)).text


@BOTH
async def test_an_apps_access_token(phone: httpx.AsyncClient, maker: Person, set_clock: SetClock, step: float) -> None:
    pair = await sign_in(phone, maker)
    set_clock(step)
    assert await status(phone, pair["access_token"]) == 200
    assert await status(phone, (await sign_in(phone, maker))["access_token"]) == 200
    later = await sign_in(phone, maker)
    set_clock(0)
    assert await status(phone, later["access_token"]) == 200


@BOTH
async def test_a_confirmation_that_is_fresh(maker: Person, set_clock: SetClock, step: float) -> None:
    set_clock(step)
    asks = await maker.client.post("/api/v1/exports", headers={"accept": "application/json"})
    assert asks.status_code == 202


async def test_a_confirmation_that_is_too_old(maker: Person, web_db: Database, set_clock: SetClock) -> None:
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        old = f"UPDATE sessions SET confirmed_at = now() - interval '{confirmed.LASTS.total_seconds() + 60} s'"
        await (await db.connection()).exec_driver_sql(old)
    set_clock(-HOURS)
    asks = await maker.client.post("/api/v1/exports", headers={"accept": "application/json"})
    assert (asks.status_code, asks.json()["code"]) == (403, "confirmation_needed")


@BOTH
async def test_what_is_written_ends_by_the_databases_clock(
    maker: Person, web_db: Database, operator_db: Database, owner_url: str, set_clock: SetClock, step: float
) -> None:
    set_clock(step)
    async with operator_db.transaction(Acting.for_studio()) as db:
        await invitations.make_invitation(db)
        await invitations.invite(db, Keys(SECRET), by=maker.member_id, role=Role.MEMBER, days=1)
    async with web_db.transaction(Acting.nobody()) as db:
        await confirmations.ask(db, Keys(SECRET), "reset", email="new@example.org", language="en")
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        token, _ = await tokens.create(db, member_id=maker.member_id, name="mine", scopes=[Scope.JOBS_READ], days=1)
    set_clock(0)
    lasts = "SELECT extract(epoch FROM expires_at - now())::float AS seconds FROM "
    tables = ("invitations", "confirmations", "tokens")
    left = [round(row["seconds"] / 3600) for table in tables for row in rows(owner_url, lasts + table)]
    assert left == [24, 24, 1, 24]
    assert token.expires_at is not None
    assert (token.expires_at - token.created_at).total_seconds() == 24 * 3600
    assert rows(owner_url, "SELECT abs(extract(epoch FROM created_at - now())) < 300 AS good FROM tokens") == [
        {"good": True}
    ]


@BOTH
async def test_a_page_that_offers_to_keep_an_account(
    app: FastAPI, maker: Person, web_db: Database, owner_url: str, set_clock: SetClock, step: float
) -> None:
    await maker.client.post("/account/deletion", data={"understood": "yes"})
    async with browser(app) as visitor:
        set_clock(step)
        page = await first_half(visitor, maker)
        assert page.status_code == 403
        (ticket,) = (word for word in page.text.split('"') if word.startswith(maker.member_id.hex))
        set_clock(0)
        await visitor.post("/account/keeping", data={"ticket": ticket})
    assert rows(owner_url, "SELECT state FROM members WHERE name = 'Maker'") == [{"state": "active"}]
    assert rules.KEEPING_LASTS < HOURS


async def test_a_browser_that_is_known_to_an_accounts_owner(
    maker: Person, web_db: Database, set_clock: SetClock
) -> None:
    def key(purpose: str) -> bytes:
        return derive(SECRET, purpose)

    answer = Response()
    remember(answer, key, origin="http://studio.test", email=maker.email)
    name = cookie_name("http://studio.test", account_of(key, maker.email))
    value = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    set_clock(LASTS + HOURS)
    there = place(key, email=maker.email, address="::1", cookies={name: value}, origin="http://studio.test")
    assert there.device is not None

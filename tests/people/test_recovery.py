"""Forgotten passwords and changed addresses: by keys from mails, once, and everybody concerned is told."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from tests.people.mailbox import answered, key, link, rows
from tests.roles import PASSWORD, Person, browser
from tests.web.test_confirmed import grow_stale

from atelier.base.db import Acting, Database
from atelier.base.ids import new_id
from atelier.people import confirmations
from atelier.spine import Studio

NEW = "Nine-blue-kites-2"


async def forgotten(studio: Studio, visitor: httpx.AsyncClient, email: str) -> str:
    """The key of a fresh mail that sets a new password."""
    assert (await visitor.post("/forgotten", data={"email": email})).status_code == 200
    return key(studio, (await answered(studio))[-1])


async def test_a_new_password_signs_every_browser_out(
    studio: Studio, visitor: httpx.AsyncClient, maker: Person, buyer: Person
) -> None:
    mine = await forgotten(studio, visitor, " MAKER@example.org")
    assert "maker@example.org" in (await visitor.get("/reset", params={"key": mine})).text
    assert (await maker.client.get("/api/v1/me")).status_code == 200  # asking changes nothing
    answer = await visitor.post("/reset", data={"key": mine, "password": NEW})
    assert answer.headers["location"] == "/sign-in?done=reset"
    assert "atelier" not in answer.cookies  # a link in a mail opens no session
    assert (await maker.client.get("/api/v1/me")).status_code == 401
    assert (await buyer.client.get("/api/v1/me")).status_code == 200
    old = await visitor.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
    new = await visitor.post("/sign-in", data={"email": maker.email, "password": NEW})
    assert (old.status_code, new.status_code) == (422, 303)
    told = rows(studio, "SELECT recipient, subject FROM mails ORDER BY id")[-1]
    assert (told["recipient"], told["subject"]) == (maker.email, "Your password at Atelier is changed")
    assert rows(studio, "SELECT verified_at FROM members WHERE id = %s", maker.member_id)[0]["verified_at"]


async def test_a_key_works_once_even_twice_at_once(studio: Studio, app: FastAPI, maker: Person) -> None:
    async with browser(app) as one, browser(app) as other:
        mine = await forgotten(studio, one, maker.email)
        answers = await asyncio.gather(
            one.post("/reset", data={"key": mine, "password": NEW}),
            other.post("/reset", data={"key": mine, "password": PASSWORD + "x"}),
        )
        assert sorted(answer.status_code for answer in answers) == [303, 410]
        assert (await one.get("/reset", params={"key": mine})).status_code == 410


async def test_an_hour_later_it_is_too_late(studio: Studio, visitor: httpx.AsyncClient, maker: Person) -> None:
    mine = await forgotten(studio, visitor, maker.email)
    [row] = rows(studio, "SELECT expires_at - created_at AS lasts FROM confirmations")
    assert 3590 < row["lasts"].total_seconds() <= 3601
    rows(studio, "UPDATE confirmations SET expires_at = now()")
    assert (await visitor.post("/reset", data={"key": mine, "password": NEW})).status_code == 410


async def test_a_poor_password_does_not_spend_the_key(
    studio: Studio, visitor: httpx.AsyncClient, maker: Person
) -> None:
    mine = await forgotten(studio, visitor, maker.email)
    for poor, says in (
        ("short", "at least 8"),
        ("Password-1", "first that others would try"),
        ("Maker-maker-7", "name"),
    ):
        answer = await visitor.post("/reset", data={"key": mine, "password": poor})
        assert answer.status_code == 422
        assert says in answer.text
        assert poor not in answer.text
    assert (await visitor.post("/reset", data={"key": mine, "password": NEW})).status_code == 303


async def test_any_new_password_ends_the_keys_that_were_asked_for_before(
    studio: Studio, visitor: httpx.AsyncClient, maker: Person
) -> None:
    one, two = [await forgotten(studio, visitor, maker.email) for _ in range(2)]
    assert (await visitor.get("/reset", params={"key": one})).status_code == 200
    await maker.client.post("/account/password", data={"current": PASSWORD, "password": NEW})
    for mine in (one, two):
        assert (await visitor.post("/reset", data={"key": mine, "password": NEW})).status_code == 410
    assert rows(studio, "SELECT subject FROM mails ORDER BY id")[-1]["subject"] == "Your password at Atelier is changed"


async def test_who_was_turned_out_gets_no_link(studio: Studio, visitor: httpx.AsyncClient, maker: Person) -> None:
    rows(studio, "UPDATE members SET state = 'banned' WHERE id = %s", maker.member_id)
    await visitor.post("/forgotten", data={"email": maker.email})
    assert all(mail["key_id"] is None for mail in await answered(studio))


async def test_no_key_is_written_down_anywhere(studio: Studio, visitor: httpx.AsyncClient, maker: Person) -> None:
    with capture_logs() as events:
        mine = await forgotten(studio, visitor, maker.email)
        await visitor.get("/reset", params={"key": mine})
        await visitor.post("/reset", data={"key": mine, "password": NEW})
    logged = str(events)
    assert "/reset" in logged
    for secret in (mine, NEW, maker.email):
        assert secret not in logged
    for table in ("confirmations", "mails", "events", "procrastinate_jobs"):
        assert mine not in str(rows(studio, f"SELECT t::text FROM {table} t"))


async def moved(studio: Studio, maker: Person, email: str = "new@example.org") -> list[dict[str, str]]:
    """Ask for another address; the mails that came of it."""
    before = len(await answered(studio))
    form = {"email": email}
    answer = await maker.client.post("/account/email", data=form)
    assert answer.headers["location"] == "/account?done=wished"
    return [dict(mail) for mail in (await answered(studio))[before:]]


async def test_both_addresses_are_told_and_the_new_one_confirms(
    studio: Studio, visitor: httpx.AsyncClient, maker: Person
) -> None:
    mails = await moved(studio, maker)
    assert [mail["recipient"] for mail in mails] == [maker.email, "new@example.org"]
    assert "new@example.org" in mails[0]["body"]
    assert (await maker.client.get("/api/v1/me")).json()["email"] == maker.email
    assert "Use this address" in (await visitor.get(link(studio, mails[1]))).text
    answer = await visitor.post("/confirm", data={"key": key(studio, mails[1])})  # on the phone, signed out
    assert answer.headers["location"] == "/sign-in?done=change"
    assert (await maker.client.get("/api/v1/me")).json()["email"] == "new@example.org"
    last = rows(studio, "SELECT recipient, subject FROM mails ORDER BY id")[-1]
    assert (last["recipient"], last["subject"]) == (maker.email, "Your address at Atelier is changed")
    assert (await visitor.post("/sign-in", data={"email": "new@example.org", "password": PASSWORD})).status_code == 303


async def test_a_change_needs_another_address(studio: Studio, maker: Person) -> None:
    for form, says in (
        ({"email": "no address"}, "like name@example.org"),
        ({"email": " MAKER@example.org"}, "your address already"),
    ):
        answer = await maker.client.post("/account/email", data=form)
        assert answer.status_code == 422
        assert says in answer.text.replace("&#39;", "'")
    assert await answered(studio) == []


async def test_a_change_needs_a_fresh_confirmation(studio: Studio, maker: Person, web_db: Database) -> None:
    await grow_stale(web_db, maker)
    assert (await maker.client.post("/account/email", data={"email": "new@example.org"})).status_code == 403
    assert await answered(studio) == []


async def test_anothers_address_is_not_told_apart_and_not_taken(studio: Studio, maker: Person, buyer: Person) -> None:
    mails = await moved(studio, maker, buyer.email)
    assert [mail["recipient"] for mail in mails] == [maker.email, buyer.email]
    assert all(mail["key_id"] is None for mail in mails)
    assert maker.email not in mails[1]["body"]


async def test_an_address_that_somebody_takes_meanwhile_stays_theirs(
    studio: Studio, visitor: httpx.AsyncClient, maker: Person
) -> None:
    mails = await moved(studio, maker)
    rows(studio, "INSERT INTO members (id, email, name) VALUES (gen_random_uuid(), 'new@example.org', 'x')")
    answer = await visitor.post("/confirm", data={"key": key(studio, mails[1])})
    assert answer.headers["location"] == "/sign-in?done=taken"
    assert (await maker.client.get("/api/v1/me")).json()["email"] == maker.email


async def test_a_stolen_session_is_stopped_by_a_new_password(
    studio: Studio, visitor: httpx.AsyncClient, maker: Person
) -> None:
    mails = await moved(studio, maker, "thief@example.org")
    await maker.client.post("/account/password", data={"current": PASSWORD, "password": NEW})
    assert (await visitor.post("/confirm", data={"key": key(studio, mails[1])})).status_code == 410


async def test_a_member_confirms_the_address_that_they_have(studio: Studio, maker: Person) -> None:
    assert "not confirmed" in (await maker.client.get("/account")).text
    answer = await maker.client.post("/account/email/confirmation")
    assert answer.headers["location"] == "/account?done=asked"
    [mail] = await answered(studio)
    assert mail["recipient"] == maker.email
    answer = await maker.client.post("/confirm", data={"key": key(studio, mail)})
    assert answer.headers["location"] == "/account?done=verify"
    assert "not confirmed" not in (await maker.client.get("/account")).text


async def test_the_database_lets_nobody_use_anothers_key(studio: Studio, maker: Person, stranger: Person) -> None:
    async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
        wish = await confirmations.ask(
            db, studio.accounts.keys, "verify", email=maker.email, language="en", member_id=maker.member_id
        )
    secret = studio.accounts.keys.of(wish)
    for acting in (Acting.member(stranger.member_id), Acting.nobody(), Acting.member(new_id())):
        async with studio.web_db.transaction(acting) as db:
            with pytest.raises(confirmations.KeySpent):
                await confirmations.spend(db, secret)
            assert not await confirmations.prove(db, secret)
    assert rows(studio, "SELECT used_at FROM confirmations")[0]["used_at"] is None


REFUSED = (
    "UPDATE members SET verified_at = now()",
    "UPDATE members SET email = 'x@example.org'",
    "UPDATE confirmations SET used_at = NULL",
    "UPDATE confirmations SET expires_at = 'infinity'",
    "UPDATE confirmations SET member_id = member_id",
    "INSERT INTO members (id, email, name, verified_at) VALUES (gen_random_uuid(), 'x@y.org', 'x', now())",
    "INSERT INTO confirmations (id, purpose, email, language, digest, expires_at, used_at)"
    " VALUES (gen_random_uuid(), 'again', 'x@y.org', 'en', 'x', now(), now())",
    "SELECT mailbox FROM welcomes",
    "DELETE FROM welcomes",
    "SELECT enter_background('mail:deliver', 'x', '{}')",
)


@pytest.mark.parametrize("statement", REFUSED)
async def test_what_the_web_role_may_never_do(studio: Studio, maker: Person, statement: str) -> None:
    async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
        await confirmations.ask(
            db, studio.accounts.keys, "verify", email=maker.email, language="en", member_id=maker.member_id
        )
    with pytest.raises(DBAPIError, match=r"permission denied|row-level security"):
        async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
            await db.execute(text(statement))

"""Authenticator apps: nothing counts before its first code, each time step once, and never a session for half of it."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from fastapi import FastAPI
from tests.people.factors.conftest import code_of, facts, fault, first_half, set_up_app, signed_in
from tests.roles import PASSWORD, Person, browser

from atelier.base.db import Database, libpq_url


def rows(owner_url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq_url(owner_url)) as db:
        found = db.execute(statement)
        return found.fetchall() if found.description else []


async def test_nothing_changes_before_the_first_code(app: FastAPI, maker: Person) -> None:
    await maker.client.post("/account/security/app")
    wrong = await maker.client.post("/account/security/app/confirmation", data={"code": "000000"})
    assert wrong.status_code == 422
    assert "not right" in fault(wrong)
    async with browser(app) as visitor:
        assert (await first_half(visitor, maker)).headers["location"] == "/library"


async def test_after_the_password_comes_the_code(app: FastAPI, maker: Person, operator_db: Database) -> None:
    secret, codes = await set_up_app(maker)
    assert len(set(codes)) == 10
    async with browser(app) as visitor:
        half = await first_half(visitor, maker)
        assert (half.status_code, half.headers["location"]) == (303, "/sign-in/second")
        assert "atelier=" not in str(half.headers.get_list("set-cookie"))
        assert (await signed_in(visitor)).status_code == 401
        page = await visitor.get("/sign-in/second")
        assert "authenticator app" in page.text
        wrong = await visitor.post("/sign-in/second", data={"code": "123 456"})
        assert (wrong.status_code, "not right" in fault(wrong)) == (422, True)
        assert (await signed_in(visitor)).status_code == 401
        done = await visitor.post("/sign-in/second", data={"code": code_of(secret)})
        assert (done.status_code, done.headers["location"]) == (303, "/library")
        assert (await signed_in(visitor)).json()["id"] == str(maker.member_id)
    found = await facts(operator_db, "factor:added", "factor:failed", "session:half_open")
    assert [kind for kind, _ in found] == ["factor:added", "session:half_open", "factor:failed"]


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 422), (0, 303), (1, 303), (2, 422)])
async def test_a_clock_may_be_one_step_off_and_a_step_is_used_once(
    app: FastAPI, maker: Person, steps: int, status: int
) -> None:
    """The step before this one was used to set it up."""
    secret, _ = await set_up_app(maker)
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        assert (await visitor.post("/sign-in/second", data={"code": code_of(secret, steps)})).status_code == status


async def test_a_code_opens_one_door_even_when_it_is_tried_at_once(app: FastAPI, maker: Person) -> None:
    secret, _ = await set_up_app(maker)
    code = code_of(secret)
    async with browser(app) as one, browser(app) as two:
        await first_half(one, maker)
        await first_half(two, maker)
        both = await asyncio.gather(*(each.post("/sign-in/second", data={"code": code}) for each in (one, two)))
        assert sorted(answer.status_code for answer in both) == [303, 422]
        again = await (one if both[0].status_code == 422 else two).post("/sign-in/second", data={"code": code})
        assert again.status_code == 422


async def test_half_a_sign_in_is_finished_once(app: FastAPI, maker: Person) -> None:
    secret, _ = await set_up_app(maker)
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        kept = dict(visitor.cookies)
        assert (await visitor.post("/sign-in/second", data={"code": code_of(secret)})).status_code == 303
        async with browser(app) as thief:
            thief.cookies.update({"atelier-entrance": kept["atelier-entrance"]})
            again = await thief.post("/sign-in/second", data={"code": code_of(secret, 1)})
            assert again.status_code == 410


async def test_half_a_sign_in_opens_nothing(app: FastAPI, maker: Person) -> None:
    await set_up_app(maker)
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        secret = visitor.cookies["atelier-entrance"]
        for cookie in ({"atelier-entrance": secret}, {"atelier": secret}):
            async with browser(app) as other:
                other.cookies.update(cookie)
                assert (await signed_in(other)).status_code == 401
                assert (await other.get("/account")).headers["location"].startswith("/sign-in")


async def test_a_new_password_ends_half_sign_ins_and_leaves_the_factor(app: FastAPI, maker: Person) -> None:
    secret, _ = await set_up_app(maker)
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        changed = await maker.client.post(
            "/account/password", data={"current": PASSWORD, "password": "Nine-blue-kites-7"}
        )
        assert changed.status_code == 303
        assert (await visitor.post("/sign-in/second", data={"code": code_of(secret)})).status_code == 410
        again = await visitor.post("/sign-in", data={"email": maker.email, "password": "Nine-blue-kites-7"})
        assert again.headers["location"] == "/sign-in/second"


async def test_guessed_codes_lock_as_guessed_passwords_do_and_a_right_password_forgets_none(
    app: FastAPI, maker: Person
) -> None:
    await set_up_app(maker)
    async with browser(app) as visitor:
        for _ in range(5):
            assert (await first_half(visitor, maker)).status_code == 303
            assert (await visitor.post("/sign-in/second", data={"code": "000000"})).status_code == 422
        locked = await visitor.post("/sign-in/second", data={"code": "000000"})
        assert locked.status_code == 429
        assert locked.headers["retry-after"]


async def test_the_secret_is_sealed_and_no_secret_stands_in_the_trail(
    app: FastAPI, maker: Person, owner_url: str
) -> None:
    import base64

    secret, codes = await set_up_app(maker)
    written = str(rows(owner_url, "SELECT secret FROM authenticators"))
    assert base64.b32encode(secret).decode() not in written
    kept = str(rows(owner_url, "SELECT * FROM recovery_codes")) + str(rows(owner_url, "SELECT data FROM events"))
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


async def test_turned_off_it_is_asked_no_more_and_its_codes_go(
    app: FastAPI, maker: Person, owner_url: str, operator_db: Database
) -> None:
    await set_up_app(maker)
    assert (await maker.client.post("/account/security/app/removal")).status_code == 303
    assert rows(owner_url, "SELECT count(*) FROM recovery_codes") == [(0,)]
    assert [data["factor"] for _, data in await facts(operator_db, "factor:removed")] == ["totp"]
    subjects = [subject for (subject,) in rows(owner_url, "SELECT subject FROM mails ORDER BY id")]
    assert ["any more" in str(subject) for subject in subjects] == [False, True]
    async with browser(app) as visitor:
        assert (await first_half(visitor, maker)).headers["location"] == "/library"


async def test_a_new_phone_takes_the_old_ones_place_once_it_is_confirmed(app: FastAPI, maker: Person) -> None:
    old, _ = await set_up_app(maker)
    await maker.client.post("/account/security/app")
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        assert (await visitor.post("/sign-in/second", data={"code": code_of(old)})).status_code == 303


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-1-1-1", "\x00" * 6, "0" * 5000, "٠٠٠٠٠٠"], ids=range(9)
)
async def test_garbage_is_a_wrong_code(app: FastAPI, maker: Person, code: str) -> None:
    await set_up_app(maker)
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        assert (await visitor.post("/sign-in/second", data={"code": code})).status_code == 422


async def test_without_a_half_sign_in_there_is_nothing_to_finish(app: FastAPI) -> None:
    async with browser(app) as visitor:
        assert (await visitor.get("/sign-in/second")).headers["location"] == "/sign-in"
        assert (await visitor.post("/sign-in/second", data={"code": "000000"})).status_code == 410
        visitor.cookies.set("atelier-entrance", "x" * 43)
        assert (await visitor.post("/sign-in/second/passkey", data={"credential": "{}"})).status_code == 410

"""Signing in: the same answer and the same work for every wrong pair, a new session each time, and no way elsewhere."""

from __future__ import annotations

import statistics
import time
from html import unescape

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.people.test_rules import ELSEWHERE
from tests.roles import PASSWORD, Person, browser

from atelier.base.db import Acting, Database
from atelier.limits import Limiter
from atelier.people import signin
from atelier.people.locks import Locks, Place
from atelier.people.passwords import Passwords


async def test_the_right_pair_opens_a_session(app: FastAPI, maker: Person) -> None:
    async with browser(app) as visitor:
        form = {"email": " MAKER@example.org", "password": PASSWORD, "next": "/library?q=x"}
        answer = await visitor.post("/sign-in", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/library?q=x")
        assert (await visitor.get("/api/v1/me")).json()["id"] == str(maker.member_id)


async def test_a_wrong_password_and_an_unknown_e_mail_get_the_same_answer(app: FastAPI, maker: Person) -> None:
    pages = []
    for email in (maker.email, "nobody@example.org", "no address"):
        async with browser(app) as visitor:
            answer = await visitor.post("/sign-in", data={"email": email, "password": "Wrong-boats-5"})
            assert "set-cookie" not in answer.headers
            pages.append((answer.status_code, answer.text.replace(email, "…"), sorted(answer.headers)))
    assert pages[0] == pages[1] == pages[2]
    assert pages[0][0] == 422
    assert "don't belong together" in unescape(pages[0][1])


async def test_a_wrong_password_and_an_unknown_e_mail_take_the_same_time(web_db: Database, maker: Person) -> None:
    locks = Locks(web_db, Limiter(rates={"lock_account": "99/minute", "lock_address": "99/minute"}))
    passwords = Passwords(passes=2, memory_kib=16_384)
    renewed = await passwords.hash(PASSWORD)
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        await signin.change_password(db, member_id=maker.member_id, password_hash=renewed, session_id=None)
    took: dict[str, list[float]] = {maker.email: [], "nobody@example.org": []}
    for _ in range(12):
        for email, times in took.items():
            began = time.perf_counter()
            at = Place(account=email, network="here")
            with pytest.raises(signin.WrongPassword):
                await signin.sign_in(
                    web_db, passwords, locks, at=at, email=email, password="Wrong-boats-5", agent="", address="here"
                )
            times.append(time.perf_counter() - began)
    known, unknown = (statistics.median(times) for times in took.values())
    assert 0.6 < known / unknown < 1.7


async def test_signing_in_makes_an_old_hash_new(app: FastAPI, web_db: Database, maker: Person) -> None:
    async with browser(app) as visitor:
        await visitor.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        kept = (await db.execute(text("SELECT password_hash FROM members"))).scalar_one()
    assert "m=65536,t=4" in kept


async def test_a_failure_is_written_down_without_the_e_mail(app: FastAPI, operator_db: Database, maker: Person) -> None:
    async with browser(app) as visitor:
        await visitor.post("/sign-in", data={"email": maker.email, "password": "Wrong-boats-5"})
    async with operator_db.transaction(Acting.for_studio()) as db:
        found = (await db.execute(text("SELECT * FROM events WHERE kind = 'session:refused'"))).mappings().one()
    assert (found["member_id"], found["actor_id"], found["subject_id"]) == (None, None, maker.member_id)
    assert found["address"] == "127.0.0.1"
    assert maker.email not in str(found["data"])


async def test_a_session_that_somebody_planted_is_not_taken_over(
    app: FastAPI, maker: Person, operator_db: Database
) -> None:
    planted = "A" * 43
    async with browser(app, planted) as victim:
        answer = await victim.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
        assert answer.cookies["atelier"] != planted
    async with browser(app, planted) as attacker:
        assert (await attacker.get("/api/v1/me")).status_code == 401


async def test_signing_in_ends_the_session_that_the_browser_had(app: FastAPI, maker: Person, stranger: Person) -> None:
    answer = await stranger.client.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
    assert answer.status_code == 303
    async with browser(app, stranger.secret) as old:
        assert (await old.get("/api/v1/me")).status_code == 401


async def test_the_form_leads_nowhere_else(visitor: httpx.AsyncClient) -> None:
    for wanted in ELSEWHERE:
        page = await visitor.get("/sign-in", params={"next": wanted})
        assert '<input type="hidden" name="next" value="/">' in page.text, wanted


async def test_after_signing_in_nobody_is_sent_elsewhere(app: FastAPI, maker: Person) -> None:
    for wanted in ("//evil.example", "https://evil.example"):
        async with browser(app) as visitor:
            form = {"email": maker.email, "password": PASSWORD, "next": wanted}
            assert (await visitor.post("/sign-in", data=form)).headers["location"] == "/"
        answer = await maker.client.get("/sign-in", params={"next": wanted})  # signed in already
        assert answer.headers["location"] == "/"


async def test_a_banned_member_is_out_at_once_and_told_so_only_with_the_password(
    app: FastAPI, maker: Person, operator_db: Database
) -> None:
    async with operator_db.transaction(Acting.for_studio()) as db:
        await db.execute(text("UPDATE members SET state = 'banned' WHERE id = :id"), {"id": maker.member_id})
    assert (await maker.client.get("/api/v1/me")).status_code == 401
    async with browser(app) as visitor:
        right = await visitor.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
        assert "This account is closed" in right.text
        assert "set-cookie" not in right.headers
        wrong = await visitor.post("/sign-in", data={"email": maker.email, "password": "Wrong-boats-5"})
        assert "closed" not in wrong.text


async def test_odd_passwords_are_only_wrong(visitor: httpx.AsyncClient) -> None:
    for password in ("", "x" * 5000, "\0", "\ud7ff\uffff"):
        answer = await visitor.post("/sign-in", data={"email": "nobody@example.org", "password": password})
        assert answer.status_code == 422

"""Leaving: closed at once, said plainly, and taken back by whoever shows whose account it is."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.people.mailbox import rows
from tests.roles import PASSWORD, Person, browser, move_in

from atelier.base.db import Acting, Database
from atelier.people import invitations, tokens
from atelier.people.leaving.leave import LastOperator, leave
from atelier.spine import JobRequest, Studio, begin
from atelier.web.scopes import Scope

SURE = {"understood": "yes"}


async def signs_in(app: FastAPI, person: Person) -> httpx.Response:
    async with browser(app) as visitor:
        return await visitor.post("/sign-in", data={"email": person.email, "password": PASSWORD})


def ticket(page: str) -> dict[str, str]:
    found = re.search(r'name="ticket" value="([^"]+)"', page)
    assert found is not None
    return {"ticket": found[1]}


async def test_what_goes_is_said_before(maker: Person) -> None:
    page = (await maker.client.get("/account/deletion")).text
    assert "20 credits that you have not used: they expire" in page
    assert "For 14 days" in page
    answer = await maker.client.post("/account/deletion")  # without the mark in the box
    assert answer.headers["location"] == "/account/deletion"
    assert (await maker.client.get("/api/v1/me")).status_code == 200


async def test_an_account_closes_at_once_everywhere(app: FastAPI, studio: Studio, maker: Person) -> None:
    async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
        _, secret = await tokens.create(db, member_id=maker.member_id, name="t", scopes=[Scope.ACCOUNT_READ])
    bearer = {"authorization": f"Bearer {secret}"}
    async with browser(app) as laptop:
        assert (await laptop.get("/api/v1/me", headers=bearer)).status_code == 200
        await laptop.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
        answer = await maker.client.post("/account/deletion", data=SURE)
        assert answer.status_code == 200
        assert "Your account is closed" in answer.text
        assert (await laptop.get("/api/v1/me")).status_code == 401
        assert (await laptop.get("/api/v1/me", headers=bearer)).status_code == 401
    assert (await maker.client.get("/api/v1/me")).status_code == 401
    (mail,) = rows(studio, "SELECT recipient, subject FROM mails")
    assert mail["recipient"] == maker.email
    assert "will be deleted on" in mail["subject"]
    (gone,) = rows(studio, "SELECT due_at - asked_at AS grace FROM departures")
    assert gone["grace"].days == 14


async def test_signing_in_offers_to_keep_it(
    app: FastAPI, studio: Studio, maker: Person, visitor: httpx.AsyncClient
) -> None:
    await maker.client.post("/account/deletion", data=SURE)
    wrong = await visitor.post("/sign-in", data={"email": maker.email, "password": "Wrong-boats-5"})
    assert "Keep my account" not in wrong.text
    page = await signs_in(app, maker)
    assert page.status_code == 403
    assert "set-cookie" not in page.headers
    kept = await visitor.post("/account/keeping", data=ticket(page.text))
    assert kept.headers["location"] == "/sign-in?done=kept"
    assert (await signs_in(app, maker)).status_code == 303
    assert rows(studio, "SELECT 1 FROM departures") == []
    late = await visitor.post("/account/keeping", data=ticket(page.text))
    assert late.status_code == 409  # there is nothing to keep any more


async def test_a_ticket_is_for_one_member_and_a_quarter_of_an_hour(
    app: FastAPI, maker: Person, stranger: Person, visitor: httpx.AsyncClient
) -> None:
    for person in (maker, stranger):
        await person.client.post("/account/deletion", data=SURE)
    mine = ticket((await signs_in(app, stranger)).text)["ticket"]
    member, until, signature = mine.split(".")
    for forged in ("", "x", f"{maker.member_id.hex}.{until}.{signature}", f"{member}.{int(until) + 1}.{signature}"):
        answer = await visitor.post("/account/keeping", data={"ticket": forged})
        assert answer.headers["location"] == "/sign-in"
    assert "Keep my account" in (await signs_in(app, maker)).text


async def test_what_runs_is_canceled_with_its_credits_back(studio: Studio, maker: Person) -> None:
    async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
        await begin(db, studio, maker.member_id, JobRequest("image.generate", {"prompt": "x", "count": 2}))
    await maker.client.post("/account/deletion", data=SURE)
    assert [row["state"] for row in rows(studio, "SELECT state FROM jobs")] == ["canceled"]
    assert [row["balance"] for row in rows(studio, "SELECT balance FROM accounts WHERE kind = 'wallet'")] == [20]


async def test_twice_is_the_same_as_once(studio: Studio, maker: Person) -> None:
    async def again() -> object:
        async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
            return await leave(db, studio.accounts, member_id=maker.member_id, by=maker.member_id)

    due = await asyncio.gather(again(), again())
    assert due[0] == due[1]
    assert len(rows(studio, "SELECT 1 FROM departures")) == 1


async def test_the_last_operator_stays(
    app: FastAPI, studio: Studio, web_db: Database, operator_db: Database, operator: Person
) -> None:
    answer = await operator.client.post("/account/deletion", data=SURE)
    assert answer.status_code == 409
    assert (await operator.client.get("/console")).status_code == 200
    async with operator_db.transaction(Acting.for_studio()) as db:
        invitation = await invitations.make_invitation(db)
    second = await move_in(app, web_db, "Second", invitation=invitation)

    async def go(person: Person) -> bool:
        try:
            async with studio.web_db.transaction(Acting.member(person.member_id)) as db:
                await leave(db, studio.accounts, member_id=person.member_id, by=person.member_id)
        except LastOperator:
            return False
        return True

    assert sorted(await asyncio.gather(go(operator), go(second))) == [False, True]  # two at once: one stays
    await second.client.aclose()


async def test_an_operator_deletes_a_member_and_takes_it_back(
    app: FastAPI, studio: Studio, maker: Person, operator: Person
) -> None:
    base = f"/console/members/{maker.member_id}"
    assert (await operator.client.post(f"{base}/deletion")).status_code == 422  # it says why
    answer = await operator.client.post(f"{base}/deletion", data={"reason": "spam"})
    assert answer.headers["location"].endswith("done=deletion")
    page = (await operator.client.get(base)).text
    assert "will be deleted on" in page
    assert "Keep my account" not in (await signs_in(app, maker)).text  # only an operator takes this back
    assert (await operator.client.post(f"{base}/ban", data={"why": "x"})).status_code == 409
    await operator.client.post(f"{base}/deletion/end")
    assert (await signs_in(app, maker)).status_code == 303
    facts = rows(studio, "SELECT kind, actor_id, data FROM events WHERE kind IN ('member:leaving', 'member:stayed')")
    assert [(fact["kind"], fact["actor_id"]) for fact in facts] == [
        ("member:leaving", operator.member_id),
        ("member:stayed", operator.member_id),
    ]
    assert facts[0]["data"]["why"] == "spam"
    mine = f"/console/members/{operator.member_id}/deletion"
    assert (await operator.client.post(mine, data={"reason": "x"})).status_code == 409
    assert (await maker.client.post(f"{base}/deletion", data={"reason": "x"})).status_code in (401, 403)


async def test_the_database_lets_nobody_send_others_away(web_db: Database, maker: Person, stranger: Person) -> None:
    for call in ("people_leave(:who, 14)", "people_stay(:who)", "people_leave(NULL, 14)"):
        values = {"who": maker.member_id} if ":who" in call else {}
        with pytest.raises(DBAPIError, match="belongs to somebody else"):
            async with web_db.transaction(Acting(member_id=stranger.member_id, studio=True)) as db:
                await db.execute(text(f"SELECT {call}"), values)
    for call in ("people_erase_begin(:who)", "people_erase(:who, 'x')", "people_erase_again(:who)"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with web_db.transaction(Acting.member(stranger.member_id)) as db:
                await db.execute(text(f"SELECT {call}"), {"who": stranger.member_id})

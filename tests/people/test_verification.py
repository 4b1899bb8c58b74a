"""Signing up where e-mails are confirmed first: by mail alone, once, and telling nobody who has an account."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.people.mailbox import answered, confirming, key, link, opened, rows
from tests.roles import PASSWORD, Person, browser

from atelier.app import create_app
from atelier.people import sign_up_pages
from atelier.people.passwords import Passwords
from atelier.spine import Studio

FORM = {"name": "Mara", "email": "mara@example.org", "password": PASSWORD, "next": "/library"}


@pytest.fixture
def app(studio: Studio) -> FastAPI:
    return opened(studio)


async def signed_up(studio: Studio, visitor: httpx.AsyncClient, **changes: str) -> Mapping[str, Any]:
    """The mail of a sign-up."""
    answer = await visitor.post("/sign-up", data=FORM | changes)
    assert answer.status_code == 200, answer.text
    return (await answered(studio))[-1]


def credits(studio: Studio) -> int:
    return int(rows(studio, "SELECT coalesce(sum(balance), 0) AS sum FROM accounts WHERE kind = 'wallet'")[0]["sum"])


async def test_the_link_in_the_mail_opens_the_account_and_brings_the_welcome(
    studio: Studio, visitor: httpx.AsyncClient
) -> None:
    mail = await signed_up(studio, visitor)
    assert mail["recipient"] == "mara@example.org"
    assert rows(studio, "SELECT id FROM members") == []
    assert (await visitor.get("/api/v1/me")).status_code == 401
    page = await visitor.get(link(studio, mail))
    assert page.status_code == 200
    assert 'type="password"' not in page.text  # the same browser need not type it again
    assert rows(studio, "SELECT id FROM members") == []  # looking confirms nothing
    answer = await visitor.post("/confirm", data={"key": key(studio, mail)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/library")
    assert (await visitor.get("/api/v1/me")).json()["email"] == "mara@example.org"
    assert credits(studio) == 20
    assert rows(studio, "SELECT verified_at FROM members")[0]["verified_at"] is not None


async def test_another_browser_needs_the_password(studio: Studio, app: FastAPI, visitor: httpx.AsyncClient) -> None:
    mail = await signed_up(studio, visitor)
    async with browser(app) as phone:
        assert 'type="password"' in (await phone.get(link(studio, mail))).text
        wrong = await phone.post("/confirm", data={"key": key(studio, mail), "password": "Wrong-boats-5"})
        assert wrong.status_code == 422
        assert rows(studio, "SELECT id FROM members") == []
        right = await phone.post("/confirm", data={"key": key(studio, mail), "password": PASSWORD})
        assert right.status_code == 303
        assert (await phone.get("/api/v1/me")).status_code == 200


async def test_who_signs_up_with_anothers_address_gets_nowhere(
    studio: Studio, app: FastAPI, visitor: httpx.AsyncClient
) -> None:
    """The thief signs up first and knows the password; the owner opens the link of their own sign-up."""
    async with browser(app) as thief:
        await thief.post("/sign-up", data=FORM | {"password": "Thiefs-boats-6"})
    mail = await signed_up(studio, visitor)
    await visitor.post("/confirm", data={"key": key(studio, mail)})
    async with browser(app) as thief:
        answer = await thief.post("/sign-in", data={"email": FORM["email"], "password": "Thiefs-boats-6"})
        assert answer.status_code == 422
    first = (await answered(studio))[0]
    again = await visitor.post("/confirm", data={"key": key(studio, first), "password": "Thiefs-boats-6"})
    assert again.status_code == 410  # the other link is no good any more


async def test_a_key_works_once_even_twice_at_once(studio: Studio, app: FastAPI, visitor: httpx.AsyncClient) -> None:
    mail = await signed_up(studio, visitor)
    form = {"key": key(studio, mail), "password": PASSWORD}
    async with browser(app) as one, browser(app) as other:
        answers = await asyncio.gather(one.post("/confirm", data=form), other.post("/confirm", data=form))
    assert sorted(answer.status_code for answer in answers) == [303, 410]
    assert len(rows(studio, "SELECT id FROM members")) == 1
    assert credits(studio) == 20
    for used in (await visitor.get(link(studio, mail)), await visitor.post("/confirm", data=form)):
        assert used.status_code == 410
        assert "used or has expired" in used.text


async def test_a_day_later_it_is_too_late(studio: Studio, visitor: httpx.AsyncClient) -> None:
    mail = await signed_up(studio, visitor)
    rows(studio, "UPDATE confirmations SET expires_at = now() - interval '1 second'")
    assert (await visitor.post("/confirm", data={"key": key(studio, mail)})).status_code == 410
    assert rows(studio, "SELECT id FROM members") == []


MANGLED = ["", "x", "A" * 43, "A" * 5000, "\0", "é" * 43, "%", "' OR true --"]


@pytest.mark.parametrize("made_up", MANGLED)
async def test_a_made_up_key_opens_nothing(studio: Studio, visitor: httpx.AsyncClient, made_up: str) -> None:
    await signed_up(studio, visitor)
    assert (await visitor.get("/confirm", params={"key": made_up})).status_code == 410
    assert (await visitor.post("/confirm", data={"key": made_up})).status_code == 410
    assert (await visitor.post("/reset", data={"key": made_up, "password": PASSWORD})).status_code == 410


async def test_a_key_is_for_one_thing(studio: Studio, visitor: httpx.AsyncClient, maker: Person) -> None:
    joining = key(studio, await signed_up(studio, visitor))
    assert (await visitor.post("/reset", data={"key": joining, "password": PASSWORD})).status_code == 410
    assert (await visitor.get("/sign-up", params={"key": joining})).status_code == 410
    await visitor.post("/forgotten", data={"email": maker.email})
    resetting = key(studio, (await answered(studio))[-1])
    assert (await visitor.post("/confirm", data={"key": resetting})).status_code == 410


async def test_the_mail_is_sent_again_with_the_same_key(studio: Studio, visitor: httpx.AsyncClient) -> None:
    first = await signed_up(studio, visitor)
    assert (await visitor.post("/sign-up/again", data={"email": FORM["email"]})).status_code == 200
    mails = await answered(studio)
    assert len(mails) == 2
    assert link(studio, mails[1]) == link(studio, first)


class _Counting(Passwords):
    """Counts what takes the time."""

    def __init__(self) -> None:
        super().__init__(passes=1, memory_kib=8)
        self.hashes = 0

    async def hash(self, password: str) -> str:
        self.hashes += 1
        return await super().hash(password)


@pytest.mark.parametrize("path", ["/sign-up", "/forgotten", "/sign-up/again"])
async def test_nothing_at_the_door_tells_who_has_an_account(
    studio: Studio, app: FastAPI, maker: Person, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """The same status, words, heads, work, and statements in the database, for a taken address and a free one."""
    seen = []
    for email in (maker.email, "nobody@example.org"):
        counting = _Counting()
        monkeypatch.setattr(sign_up_pages, "passwords", counting)
        before = rows(studio, "SELECT count(*) AS count FROM confirmations")[0]["count"]
        async with browser(app) as visitor:
            answer = await visitor.post(path, data=FORM | {"email": email})
        after = rows(studio, "SELECT count(*) AS count FROM confirmations")[0]["count"]
        cookies = list(answer.cookies)
        words = answer.text.replace(email, "…")
        seen.append((answer.status_code, words, sorted(answer.headers), cookies, counting.hashes, after - before))
    assert seen[0] == seen[1]
    assert seen[0][0] == 200
    assert rows(studio, "SELECT count(*) AS count FROM mails")[0]["count"] == 0  # who writes is the worker


async def test_only_the_mailbox_learns_that_there_is_an_account(
    studio: Studio, visitor: httpx.AsyncClient, maker: Person
) -> None:
    mail = await signed_up(studio, visitor, email=maker.email)
    assert mail["recipient"] == maker.email
    assert mail["key_id"] is None
    assert "You have one already" in mail["body"]
    assert rows(studio, "SELECT id FROM confirmations") == []  # and nothing is kept of who tried
    await visitor.post("/forgotten", data={"email": "nobody@example.org"})
    assert len(await answered(studio)) == 1  # to nobody nothing is written


async def test_an_address_taken_meanwhile_is_told_to_who_reads_its_mail(
    studio: Studio, app: FastAPI, visitor: httpx.AsyncClient
) -> None:
    mail = await signed_up(studio, visitor)
    rows(studio, "INSERT INTO members (id, email, name) VALUES (gen_random_uuid(), %s, 'x')", FORM["email"])
    answer = await visitor.post("/confirm", data={"key": key(studio, mail)})
    assert answer.headers["location"] == "/sign-in?done=taken"
    assert "has an account already" in (await visitor.get(answer.headers["location"])).text


ONE_MAILBOX = ["mara.vos@gmail.com", "m.aravos+two@googlemail.com", "MARAVOS@gmail.com"]


async def test_one_mailbox_is_welcomed_once(studio: Studio, app: FastAPI) -> None:
    for email in ONE_MAILBOX[:2]:
        async with browser(app) as visitor:
            mail = await signed_up(studio, visitor, email=email)
            await visitor.post("/confirm", data={"key": key(studio, mail)})
    assert len(rows(studio, "SELECT id FROM members")) == 2
    assert credits(studio) == 20
    [kept] = rows(studio, "SELECT mailbox FROM welcomes")
    assert "mara" not in kept["mailbox"]


async def test_a_fourth_mail_an_hour_to_one_address_has_to_wait(studio: Studio, app: FastAPI, maker: Person) -> None:
    statuses = []
    for _ in range(4):
        async with browser(app) as visitor:
            statuses.append((await visitor.post("/forgotten", data={"email": maker.email})).status_code)
    assert statuses == [200, 200, 200, 429]


async def test_a_sixth_in_ten_minutes_has_to_wait_whosever_it_is(studio: Studio, visitor: httpx.AsyncClient) -> None:
    emails = [f"m{number}@example.org" for number in range(6)]
    statuses = [(await visitor.post("/forgotten", data={"email": email})).status_code for email in emails]
    assert statuses == [200] * 5 + [429]


async def test_a_mail_speaks_the_language_of_who_asked(studio: Studio, visitor: httpx.AsyncClient) -> None:
    await visitor.post("/sign-up", data=FORM, headers={"accept-language": "de"})
    [mail] = await answered(studio)
    assert mail["language"] == "de"
    assert mail["subject"] == "Bestätige deine E-Mail für Atelier"


async def test_without_a_mail_server_the_first_picture_is_one_form_away(studio: Studio) -> None:
    """Whether e-mails are confirmed follows the mail server, unless it is said."""
    assert not studio.accounts.verify
    async with browser(create_app(studio)) as visitor:
        assert (await visitor.post("/sign-up", data=FORM)).status_code == 303
        assert (await visitor.get("/api/v1/me")).status_code == 200
    assert confirming(studio).accounts.verify


async def test_old_wishes_are_forgotten_and_lost_ones_found(studio: Studio, visitor: httpx.AsyncClient) -> None:
    from atelier.jobs.background import requeue
    from atelier.people.answer import tend
    from atelier.people.room import ROOM

    await visitor.post("/sign-up", data=FORM)
    rows(studio, "DELETE FROM procrastinate_jobs")
    rows(studio, "UPDATE confirmations SET created_at = now() - interval '1 minute'")
    for _ in range(2):
        await requeue(ROOM.tasks(studio), studio.worker_db)
    assert [row["task_name"] for row in rows(studio, "SELECT task_name FROM procrastinate_jobs")] == ["people:answer"]
    rows(studio, "UPDATE confirmations SET expires_at = now() - interval '25 hours'")
    await tend(studio.worker_db)
    assert rows(studio, "SELECT id FROM confirmations") == []

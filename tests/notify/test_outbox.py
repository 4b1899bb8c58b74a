"""The outbox: mail is read where no server carries it, and nobody reads a key that went by mail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from tests.notify.conftest import SENDER, until_mails, working
from tests.people.mailbox import answered, link, rows
from tests.roles import Person, browser
from tests.web.test_confirmed import grow_stale

from atelier.app import create_app
from atelier.base.db import Database
from atelier.base.ids import new_id
from atelier.notify import Smtp
from atelier.spine import Studio


async def asked(studio: Studio, visitor: httpx.AsyncClient, person: Person) -> str:
    """The id of a mail with a key for that person."""
    await visitor.post("/forgotten", data={"email": person.email})
    return str((await answered(studio))[-1]["id"])


@pytest.fixture
async def sending(studio: Studio, operator: Person) -> AsyncIterator[httpx.AsyncClient]:
    """The operator's browser in a studio that has a mail server, which nobody answers at."""
    app = create_app(replace(studio, carrier=Smtp("smtp://127.0.0.1:9", SENDER)))
    async with browser(app, operator.secret) as client:
        yield client


async def test_without_a_server_the_operator_hands_the_link_on(
    studio: Studio, visitor: httpx.AsyncClient, operator: Person, maker: Person
) -> None:
    mail_id = await asked(studio, visitor, maker)
    page = (await operator.client.get("/console/mail")).text
    assert "No mail server is set" in page
    assert maker.email in page
    mail = (await operator.client.get(f"/console/mail/{mail_id}")).text
    path = link(studio, rows(studio, "SELECT * FROM mails")[0])
    assert f'<a class="link" href="http://studio.test{path}"' in mail
    assert (await visitor.get(path)).status_code == 200
    read = rows(studio, "SELECT member_id, subject_id::text FROM events WHERE kind = 'mail:read'")
    assert read == [{"member_id": operator.member_id, "subject_id": mail_id}]


async def test_with_a_server_the_key_is_not_shown(
    studio: Studio, visitor: httpx.AsyncClient, sending: httpx.AsyncClient, maker: Person
) -> None:
    mail_id = await asked(studio, visitor, maker)
    page = (await sending.get(f"/console/mail/{mail_id}")).text
    path = link(studio, rows(studio, "SELECT * FROM mails")[0])
    assert path.partition("=")[2] not in page
    assert "The key in its link is not shown" in page
    assert "No mail server is set" not in (await sending.get("/console/mail")).text


async def test_a_browser_that_was_left_open_shows_no_mail_and_no_invitation(
    studio: Studio, visitor: httpx.AsyncClient, operator: Person, web_db: Database
) -> None:
    made = (await operator.client.post("/console/invitations", data={"note": "for Ada"})).headers["location"]
    assert "/sign-up?key=" in (await operator.client.get(made)).text
    mail_id = await asked(studio, visitor, operator)
    key = link(studio, rows(studio, "SELECT * FROM mails")[0]).partition("=")[2]
    await grow_stale(web_db, operator)
    answer = await operator.client.get(f"/console/mail/{mail_id}")
    assert answer.status_code == 403
    assert key not in answer.text
    assert 'action="/account/confirmation"' in answer.text
    assert rows(studio, "SELECT id FROM events WHERE kind = 'mail:read'") == []
    page = await operator.client.get(made)
    assert page.status_code == 200
    assert "for Ada" in page.text
    assert "/sign-up?key=" not in page.text
    assert (await operator.client.get("/console/mail")).status_code == 200


async def test_a_mail_is_text_whatever_is_in_it(studio: Studio, operator: Person) -> None:
    body = "<script>alert(1)</script> https://evil.example/x javascript:alert(1) http://studio.test.evil.example/y"
    mail_id = new_id()
    rows(
        studio,
        "INSERT INTO mails (id, recipient, subject, body, html, language)"
        " VALUES (%s, 'a@b.org', '<b>x</b>', %s, %s, 'en')",
        mail_id,
        body,
        body,
    )
    page = (await operator.client.get(f"/console/mail/{mail_id}")).text
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    assert 'href="https://evil' not in page
    assert 'href="javascript' not in page
    assert 'href="http://studio.test.evil' not in page


async def test_a_mail_that_failed_is_sent_again_once(
    studio: Studio, operator: Person, visitor: httpx.AsyncClient, sending: httpx.AsyncClient, maker: Person
) -> None:
    mail_id = await asked(studio, visitor, maker)
    async with working(studio):
        await until_mails(studio, "kept")
    again = f"/console/mail/{mail_id}/delivery"
    assert again in (await sending.get(f"/console/mail/{mail_id}")).text
    assert (await sending.post(again)).status_code == 303
    assert rows(studio, "SELECT state FROM mails")[0]["state"] == "waiting"
    names = [row["task_name"] for row in rows(studio, "SELECT task_name FROM procrastinate_jobs")]
    assert names.count("mail:deliver") == 1
    assert (await sending.post(again)).status_code == 409
    assert (await sending.post(f"/console/mail/{new_id()}/delivery")).status_code == 404
    assert (await sending.get("/console/mail/garbage")).status_code == 404


async def test_the_outbox_goes_on(studio: Studio, operator: Person) -> None:
    for number in range(35):
        rows(
            studio,
            "INSERT INTO mails (id, recipient, subject, body, html, language) VALUES (%s, %s, 'x', '', '', 'en')",
            new_id(),
            f"m{number}@example.org",
        )
    first = (await operator.client.get("/console/mail")).text
    assert "m34@example.org" in first
    assert "m4@example.org" not in first
    older = first.partition("/console/mail?cursor=")[2].partition('"')[0]
    assert "m4@example.org" in (await operator.client.get(f"/console/mail?cursor={older}")).text


async def test_a_member_reads_nobodys_mail(studio: Studio, visitor: httpx.AsyncClient, maker: Person) -> None:
    mail_id = await asked(studio, visitor, maker)
    for path in ("/console/mail", f"/console/mail/{mail_id}", "/console/invitations"):
        assert (await maker.client.get(path)).status_code == 403
        assert (await visitor.get(path)).status_code in (303, 401)

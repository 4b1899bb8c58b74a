"""From the form to the mailbox and back: a real worker and a real mail server between them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from tests.notify.conftest import SENDER, PostOffice, post_office, working
from tests.people.mailbox import confirming
from tests.roles import PASSWORD, browser

from atelier.app import create_app
from atelier.notify import Smtp
from atelier.spine import Studio

__all__ = ["post_office"]


async def letters(office: PostOffice, count: int) -> list[str]:
    """The texts of the mails that came, as soon as there are that many."""
    async with asyncio.timeout(60):
        while len(office.mails) < count:
            await asyncio.sleep(0.05)
    bodies = [mail.get_body(("plain",)) for mail in office.mails]
    return [body.get_content() for body in bodies if body is not None]


def link(text: str) -> str:
    found = re.search(r"http://studio\.test(/(?:confirm|reset)\S+)", text)
    assert found is not None, text
    return found[1]


async def test_sign_up_forget_and_come_back(studio: Studio, post_office: PostOffice) -> None:
    mailing = confirming(replace(studio, carrier=Smtp(post_office.url, SENDER)))
    form = {"name": "Mara", "email": "mara@example.org", "password": PASSWORD}
    async with working(mailing), browser(create_app(mailing)) as mara:
        await mara.post("/sign-up", data=form)
        [welcome] = await letters(post_office, 1)
        page = await mara.get(link(welcome))
        key = re.search(r'name="key" value="([^"]+)"', page.text)
        assert key is not None
        assert (await mara.post("/confirm", data={"key": key[1]})).status_code == 303
        assert (await mara.get("/api/v1/me")).json()["name"] == "Mara"
        await mara.post("/sign-out")

        await mara.post("/forgotten", data={"email": "mara@example.org"})
        path = link((await letters(post_office, 2))[1])
        answer = await mara.post("/reset", data={"key": path.partition("=")[2], "password": "Nine-blue-kites-2"})
        assert answer.status_code == 303
        assert "password is changed" in (await letters(post_office, 3))[2]
        again = await mara.post("/sign-in", data=form | {"password": "Nine-blue-kites-2"})
        assert again.status_code == 303
    assert {mail["To"] for mail in post_office.mails} == {"mara@example.org"}
    assert len({mail["Message-ID"] for mail in post_office.mails}) == 3

"""A form that is sent after the session has ended: it comes back whole to its member, and to nobody else."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from string import ascii_letters, digits

import httpx
import pytest
from fastapi import FastAPI
from tests.roles import PASSWORD, Person, browser

import atelier
from atelier.base.db import Acting, Database
from atelier.people import unfinished

MAKE = "/make/image.generate"
TYPED = {"prompt": "Ein rotes Boot & <b>ruhige</b> See", "count": "2", "negative_prompt": "fog", "once": "x"}
FROM = {"referer": f"http://studio.test{MAKE}"}


async def ended(person: Person, web_db: Database) -> httpx.AsyncClient:
    """The person's browser after their sessions have ended, with a page of theirs still open."""
    assert (await person.client.get("/library")).status_code == 200
    async with web_db.transaction(Acting.member(person.member_id)) as db:
        await (await db.connection()).exec_driver_sql("DELETE FROM sessions")
    return person.client


async def sign_in(client: httpx.AsyncClient, person: Person, to: str = unfinished.PAGE) -> httpx.Response:
    return await client.post("/sign-in", data={"email": person.email, "password": PASSWORD, "next": to})


async def test_a_form_comes_back_whole_and_is_not_sent(maker: Person, web_db: Database) -> None:
    client = await ended(maker, web_db)
    refused = await client.post(MAKE, data=TYPED, headers=FROM)
    assert (refused.status_code, refused.headers["location"]) == (303, "/sign-in?next=/unfinished")
    assert all("HttpOnly" in each and "Path=/unfinished" in each for each in refused.headers.get_list("set-cookie"))
    assert (await sign_in(client, maker)).headers["location"] == unfinished.PAGE
    page = (await client.get(unfinished.PAGE)).text
    assert 'value="Ein rotes Boot &amp; &lt;b&gt;ruhige&lt;/b&gt; See"' in page
    assert '<input type="hidden" name="negative_prompt" value="fog">' in page
    assert f'action="{MAKE}"' in page
    assert f'data-back="{MAKE}"' in page
    assert (await client.get("/api/v1/jobs", headers={"accept": "application/json"})).json()["items"] == []


async def test_a_script_is_led_there_too(maker: Person, web_db: Database) -> None:
    client = await ended(maker, web_db)
    refused = await client.post(MAKE, data=TYPED, headers=FROM | {"hx-request": "true", "accept": "*/*"})
    assert (refused.status_code, refused.headers["hx-redirect"]) == (401, "/sign-in?next=/unfinished")
    await sign_in(client, maker)
    assert "negative_prompt" in (await client.get(unfinished.PAGE)).text


async def test_nobody_else_gets_it(maker: Person, stranger: Person, web_db: Database) -> None:
    client = await ended(maker, web_db)
    await client.post(MAKE, data=TYPED, headers=FROM)
    await sign_in(client, stranger)
    assert (await client.get(unfinished.PAGE)).headers["location"] == "/"


async def test_another_browser_of_the_same_member_gets_nothing(maker: Person, app: FastAPI, web_db: Database) -> None:
    client = await ended(maker, web_db)
    await client.post(MAKE, data=TYPED, headers=FROM)
    other = browser(app)
    await sign_in(other, maker)
    assert (await other.get(unfinished.PAGE)).headers["location"] == "/"


async def test_passwords_and_codes_are_not_kept(maker: Person, web_db: Database) -> None:
    client = await ended(maker, web_db)
    for fields in ({"current": PASSWORD, "password": "Other-red-boats-5"}, {"code": "123456"}):
        assert (await client.post("/account/password", data=fields)).status_code == 401
    await client.post("/account/name", data={"name": "Mara", "password": PASSWORD}, headers=FROM)
    await sign_in(client, maker)
    page = (await client.get(unfinished.PAGE)).text
    assert "Mara" in page
    assert PASSWORD not in page


async def test_what_a_browser_cannot_keep_is_shown_and_can_be_sent_again(
    maker: Person, app: FastAPI, web_db: Database
) -> None:
    client = await ended(maker, web_db)
    varied = "".join(chr(0x4E00 + at * 37 % 20_000) for at in range(6000))
    for prompt in (varied, "boat " * 20_000):  # what cannot be packed small enough, and what is not even tried
        refused = await client.post(MAKE, data={"prompt": prompt, "count": "2"}, headers=FROM)
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers
        assert "so nothing was sent and nothing was charged" in refused.text
        assert f"readonly>{prompt}</textarea>" in refused.text
        assert f'<form class="form" action="{MAKE}" method="post"' in refused.text
        assert '<input type="hidden" name="count" value="2">' in refused.text


async def test_a_script_is_told_what_a_browser_cannot_keep(maker: Person, web_db: Database) -> None:
    client = await ended(maker, web_db)
    headers = FROM | {"hx-request": "true", "accept": "*/*"}
    refused = await client.post(MAKE, data={"prompt": "boat " * 20_000}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "form_not_kept")
    assert "Leave this page open" in refused.json()["title"]
    assert "hx-redirect" not in refused.headers
    assert (await client.post(MAKE, headers=headers)).json()["code"] == "signed_out"  # nothing was typed


async def test_six_thousand_random_letters_are_kept(maker: Person, web_db: Database) -> None:
    client = await ended(maker, web_db)
    letters = "".join(Random(1).choices(ascii_letters + digits, k=6000))
    assert (await client.post(MAKE, data={"prompt": letters}, headers=FROM)).status_code == 303
    assert all(len(each) < 4096 for each in client.cookies.values())
    await sign_in(client, maker)
    assert letters in (await client.get(unfinished.PAGE)).text


async def test_what_is_long_and_can_be_packed_is_kept(maker: Person, web_db: Database) -> None:
    client = await ended(maker, web_db)
    full = "".join(chr(0x4E00 + at * 37 % 20_000) for at in range(1000)) + "boat " * 200
    assert (await client.post(MAKE, data={"prompt": full}, headers=FROM)).status_code == 303
    assert all(len(each) < 4096 for each in client.cookies.values())


async def test_a_file_that_could_not_be_kept_is_named(maker: Person, web_db: Database) -> None:
    client = await ended(maker, web_db)
    files = {"file": ("boat.png", b"x", "image/png")}
    back = {"referer": "http://studio.test/make/image.edit"}
    refused = await client.post(
        "/library/uploads?tool=image.edit", files=files, data={"title": "My boat"}, headers=back
    )
    assert (refused.status_code, refused.headers["location"]) == (303, "/sign-in?next=/unfinished")
    await sign_in(client, maker)
    page = (await client.get(unfinished.PAGE)).text
    assert "could not keep the file boat.png" in page
    assert 'href="/make/image.edit"' in page
    assert "My boat" in page
    assert "Send it" not in page  # without its file it would be refused


async def test_a_form_expires(maker: Person, web_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await ended(maker, web_db)
    await client.post(MAKE, data=TYPED, headers=FROM)
    await sign_in(client, maker)
    assert (await client.get(unfinished.PAGE)).status_code == 200
    monkeypatch.setattr(unfinished, "LASTS", 0)
    assert (await client.get(unfinished.PAGE)).headers["location"] == "/"


def test_no_field_for_a_secret_is_kept() -> None:
    pages = [path.read_text() for path in Path(str(atelier.__file__)).parent.rglob("*.html")]
    calls = [call for page in pages for call in re.findall(r'(?:secret|password)(?:_field)?\("(\w+)"', page)]
    inputs = [one for page in pages for one in re.findall(r"<input[^>]*>", page)]
    secret = [one for one in inputs if 'type="password"' in one or 'autocomplete="one-time-code"' in one]
    named = {name for one in secret for name in re.findall(r'\bname="(\w+)"', one)} | set(calls)
    assert named
    assert named <= unfinished.NEVER


@pytest.mark.parametrize("referer", ["https://evil.example/make", "http://studio.test//evil.example", "x"])
async def test_the_way_back_never_leads_elsewhere(maker: Person, web_db: Database, referer: str) -> None:
    client = await ended(maker, web_db)
    await client.post(MAKE, data=TYPED, headers={"referer": referer, "sec-fetch-site": "same-origin"})
    await sign_in(client, maker)
    assert f'data-back="{MAKE}"' in (await client.get(unfinished.PAGE)).text


async def test_a_browser_that_nobody_was_signed_in_with_keeps_nothing(visitor: httpx.AsyncClient) -> None:
    refused = await visitor.post(MAKE, data=TYPED)
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers

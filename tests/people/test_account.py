"""The account page: what a member changes about themselves."""

from __future__ import annotations

import httpx
from fastapi import FastAPI
from tests.people.mailbox import rows
from tests.roles import ORIGIN, PASSWORD, Person, browser

from atelier.spine import Studio

NEXT = "Eight-blue-boats-5"


async def test_a_visitor_is_asked_to_sign_in_first(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/account")


async def test_signing_in_leads_back_to_where_one_was(visitor: httpx.AsyncClient) -> None:
    asked = await visitor.get("/library?q=boat%20&page=2")
    page = await visitor.get(asked.headers["location"])
    assert '<input type="hidden" name="next" value="/library?q=boat%20&amp;page=2">' in page.text


async def test_a_new_name_is_shown_everywhere(maker: Person) -> None:
    answer = await maker.client.post("/account/name", data={"name": "  Mara   <i>Lind</i> "})
    assert answer.headers["location"] == "/account?done=name"
    page = (await maker.client.get("/account?done=name")).text
    assert "Your name is changed." in page
    assert "Mara &lt;i&gt;Lind&lt;/i&gt;" in page
    assert (await maker.client.get("/api/v1/me")).json()["name"] == "Mara <i>Lind</i>"


async def test_a_bad_name_changes_nothing(maker: Person) -> None:
    for name in ("", "  ", "x" * 81, "a\0b"):
        answer = await maker.client.post("/account/name", data={"name": name})
        assert answer.status_code == 422
        assert 'aria-describedby="name-says"' in answer.text
    assert (await maker.client.get("/api/v1/me")).json()["name"] == "Maker"


async def _can_sign_in(app: FastAPI, email: str, password: str) -> bool:
    async with browser(app) as visitor:
        return (await visitor.post("/sign-in", data={"email": email, "password": password})).status_code == 303


async def test_a_new_password_signs_every_other_browser_out(app: FastAPI, maker: Person) -> None:
    async with browser(app) as laptop:
        await laptop.post("/sign-in", data={"email": maker.email, "password": PASSWORD})
        answer = await maker.client.post("/account/password", data={"current": PASSWORD, "password": NEXT})
        assert answer.headers["location"] == "/account?done=password"
        assert (await laptop.get("/api/v1/me")).status_code == 401
    assert (await maker.client.get("/api/v1/me")).status_code == 200
    assert not await _can_sign_in(app, maker.email, PASSWORD)
    assert await _can_sign_in(app, maker.email, NEXT)


async def test_the_current_password_is_not_guessed_from_everywhere(app: FastAPI, studio: Studio, maker: Person) -> None:
    async def change(address: str, current: str) -> httpx.Response:
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(address, 1)), base_url=ORIGIN, headers={"accept": "text/html"}
        )
        async with client:
            client.cookies.set("atelier", maker.secret)
            return await client.post("/account/password", data={"current": current, "password": NEXT})

    tried = [await change(f"198.51.100.{place}", "Wrong-boats-5") for place in range(5)]
    assert [answer.status_code for answer in tried] == [422] * 5
    assert "This is not your password." in tried[-1].text
    answer = await change("192.0.2.9", PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Too many tries failed" in answer.text
    trail = rows(studio, "SELECT kind, subject_id FROM events WHERE kind IN ('factor:failed', 'session:refused')")
    assert sorted((row["kind"], row["subject_id"]) for row in trail) == [
        *[("factor:failed", maker.member_id)] * 5,
        *[("session:refused", maker.member_id)] * 5,
    ]
    assert not await _can_sign_in(app, maker.email, NEXT)


async def test_a_bad_change_leaves_the_password(app: FastAPI, maker: Person) -> None:
    for current, password, field in (
        ("Wrong-boats-5", NEXT, "current"),
        ("", NEXT, "current"),
        (PASSWORD, "Sh0rt!", "password"),
        (PASSWORD, "Maker-maker-7", "password"),
    ):
        answer = await maker.client.post("/account/password", data={"current": current, "password": password})
        assert answer.status_code == 422
        assert f'id="{field}-says"' in answer.text
        assert answer.text.count('aria-invalid="true"') == 1
        assert password not in answer.text
    assert await _can_sign_in(app, maker.email, PASSWORD)

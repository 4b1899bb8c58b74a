"""Light or dark, and the language: kept in cookies, and back to where one was."""

from __future__ import annotations

import re
from uuid import UUID

import httpx
import pytest
from tests.people.mailbox import answered, link
from tests.roles import ORIGIN, Person

from atelier.spine import Studio

SOMEBODY = UUID("01980000-0000-7000-8000-000000000001")


async def test_a_choice_is_kept_and_leads_back(visitor: httpx.AsyncClient) -> None:
    chosen = {"theme": "dark", "speak": "de"}
    answer = await visitor.post("/preferences", data=chosen, headers={"referer": f"{ORIGIN}/sign-in?next=/jobs"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/jobs")
    page = (await visitor.get("/sign-in")).text
    assert '<html lang="de" data-theme="dark">' in page
    assert "Anmelden" in page


@pytest.mark.parametrize("referer", [f"{ORIGIN}//elsewhere.test", ""])
async def test_nobody_is_led_elsewhere(visitor: httpx.AsyncClient, referer: str) -> None:
    answer = await visitor.post("/preferences", data={"theme": "dark"}, headers={"referer": referer})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("referer", ["https://elsewhere.test/x", "nonsense"])
async def test_a_write_from_another_site_is_refused(visitor: httpx.AsyncClient, referer: str) -> None:
    answer = await visitor.post("/preferences", data={"theme": "dark"}, headers={"referer": referer})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        ("/account/password", "/account"),
        ("/account/security/app/confirmation?x=1", "/account/security/app"),
        (f"/console/members/{SOMEBODY}/ban", f"/console/members/{SOMEBODY}"),
        ("/sign-up/again", "/sign-up"),
        ("/preferences", "/"),
        ("/jobs?tool=image.generate", "/jobs?tool=image.generate"),
    ],
)
async def test_from_the_answer_to_a_form_one_is_led_to_a_page(visitor: httpx.AsyncClient, sent: str, back: str) -> None:
    answer = await visitor.post("/preferences", data={"speak": "de"}, headers={"referer": f"{ORIGIN}{sent}"})
    assert answer.headers["location"] == back


async def test_a_key_is_not_lost_with_the_language(studio: Studio, visitor: httpx.AsyncClient, maker: Person) -> None:
    await visitor.post("/forgotten", data={"email": maker.email})
    key = link(studio, (await answered(studio))[-1]).partition("=")[2]
    page = await visitor.post("/reset", data={"key": key, "password": "short"})
    assert page.status_code == 422
    kept = re.search(r'<input type="hidden" name="back" value="([^"]+)">', page.text)
    assert kept is not None
    sent = {"speak": "de", "back": kept[1]}
    answer = await visitor.post("/preferences", data=sent, headers={"referer": f"{ORIGIN}/reset"})
    assert answer.headers["location"] == f"/reset?key={key}"
    assert "Ein neues Passwort" in (await visitor.get(answer.headers["location"])).text


@pytest.mark.parametrize(
    "back", ["//elsewhere.test", "https://elsewhere.test/x", "/\\elsewhere.test", "/\telsewhere", "x", "/nowhere"]
)
async def test_nobody_is_led_elsewhere_by_a_form_either(visitor: httpx.AsyncClient, back: str) -> None:
    answer = await visitor.post("/preferences", data={"theme": "dark", "back": back})
    assert answer.headers["location"] == "/"


async def test_what_is_no_choice_is_not_kept(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/preferences", data={"theme": "pink", "speak": "../x"})
    assert "set-cookie" not in answer.headers


async def test_a_page_is_compressed_for_a_browser_that_can_take_it(visitor: httpx.AsyncClient) -> None:
    squeezed = await visitor.get("/sign-in", headers={"accept-encoding": "gzip"})
    plain = await visitor.get("/sign-in", headers={"accept-encoding": "identity"})
    assert squeezed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "</html>" in squeezed.text
    assert int(squeezed.headers["content-length"]) < len(plain.content) / 2
    assert squeezed.headers["vary"] == "Accept-Encoding"

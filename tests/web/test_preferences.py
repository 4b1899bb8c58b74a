"""Light or dark, and the language: kept in cookies, and back to where one was."""

from __future__ import annotations

import httpx
import pytest
from tests.roles import ORIGIN


async def test_a_choice_is_kept_and_leads_back(visitor: httpx.AsyncClient) -> None:
    chosen = {"theme": "dark", "speak": "de"}
    answer = await visitor.post("/preferences", data=chosen, headers={"referer": f"{ORIGIN}/sign-in?next=/jobs"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/jobs")
    page = (await visitor.get("/sign-in")).text
    assert '<html lang="de" data-theme="dark">' in page
    assert "Anmelden" in page


@pytest.mark.parametrize("referer", ["https://elsewhere.test/x", f"{ORIGIN}//elsewhere.test", "", "nonsense"])
async def test_nobody_is_led_elsewhere(visitor: httpx.AsyncClient, referer: str) -> None:
    answer = await visitor.post("/preferences", data={"theme": "dark"}, headers={"referer": referer})
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

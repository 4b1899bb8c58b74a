"""What a visitor wrote comes back as text: neither as HTML nor as a format, wherever a page repeats it."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest
from tests.roles import Person

EVIL = "<form action=/sign-out><em>%(x)s %s 100%</em>"


async def test_a_name_that_is_said_twice_is_repeated_as_text(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get(f"/sign-in?{quote(EVIL)}=1&{quote(EVIL)}=2")
    assert answer.status_code == 422
    assert "<form action=/sign-out>" not in answer.text
    assert "&lt;form action=/sign-out&gt;&lt;em&gt;%(x)s %s 100%" in answer.text


@pytest.mark.parametrize("name", ["%", "%(x)s", "<em>"])
async def test_a_field_that_no_tool_has_is_repeated_as_text(maker: Person, name: str) -> None:
    answer = await maker.client.post("/make/image.generate", data={"prompt": "a boat", name: "1"})
    assert answer.status_code == 422
    assert "<em>" not in answer.text


async def test_what_stands_in_any_other_refusal_is_text(visitor: httpx.AsyncClient) -> None:
    for path in (f"/reset?key={quote(EVIL)}", f"/confirm?key={quote(EVIL)}", f"/sign-up?key={quote(EVIL)}"):
        answer = await visitor.get(path)
        assert answer.status_code < 500
        assert "<form action=/sign-out>" not in answer.text

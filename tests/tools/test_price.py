"""The price on a form is the server's, for the form as it is filled in so far."""

from __future__ import annotations

import httpx
import pytest
from tests.roles import Person

from atelier.tools import find


async def go(person: Person, tool: str = "image.generate", **typed: str) -> httpx.Response:
    return await person.client.post(f"/make/{tool}/price", data=typed)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Make 4 pictures"),
        ({"count": "1"}, "Make 1 picture"),
        ({"count": "3"}, "Make 3 pictures"),
        ({"count": "3", "prompt": ""}, "Make 3 pictures"),
        ({"count": "3", "prompt": "\x00"}, "Make 3 pictures"),
        ({"count": "many", "prompt": "x"}, "Make 4 pictures"),
        ({"count": "99", "steps": "-1"}, "Make 4 pictures"),
        ({"count": "2", "nonsense": "x"}, "Make 2 pictures"),
    ],
)
async def test_a_form_has_a_price_whatever_is_in_it(maker: Person, typed: dict[str, str], words: str) -> None:
    answer = await go(maker, **typed)
    assert answer.status_code == 200
    assert words in answer.text


async def test_the_price_is_what_is_held(maker: Person) -> None:
    form = {"prompt": "A boat", "count": "3", "model": "sketch"}
    assert "3 credits" in (await go(maker, **form)).text
    assert (await maker.client.post("/make/image.generate", data=form)).status_code == 303
    job = (await maker.client.get("/api/v1/jobs")).json()["items"][0]
    assert job["price"] == 3


async def test_it_says_when_the_wallet_holds_less(maker: Person) -> None:
    assert "data-short hidden" in (await go(maker, count="1")).text


async def test_an_unknown_tool_or_model_is_named(maker: Person) -> None:
    assert (await go(maker, "image.dream")).status_code == 404
    assert (await go(maker, model="dall-e")).status_code == 404
    assert (await go(maker, "image.edit", model="sketch")).status_code == 404


def test_a_draft_needs_no_required_field() -> None:
    draft = find("image.edit").draft({"count": "3", "image": "not an id"})
    assert (draft.image, draft.instruction, draft.count) == (None, "", 3)

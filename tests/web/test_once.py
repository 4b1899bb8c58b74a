"""A form counts once: twice at once, again after its answer, by reloading; and a fresh form counts anew."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

import pytest
from tests.assets.conftest import picture
from tests.roles import Person

from atelier.base.ids import new_id
from atelier.web.once import id_for, key_of


def key(page: str, action: str) -> str:
    """The key in the form of that page with that action."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>.*?</form>', page, re.S)
    assert form, action
    found = re.search(r'name="once" value="([0-9a-f-]{36})"', form[0])
    assert found, f"the form {action} has no key"
    return found[1]


async def total(person: Person, path: str) -> int:
    answer = await person.client.get(path, headers={"accept": "application/json"})
    count: int = answer.json()["total"]
    return count


async def test_a_run_is_bought_once_for_each_form(maker: Person) -> None:
    page = (await maker.client.get("/make/image.generate")).text
    form = {"prompt": "a red boat", "count": "1", "once": key(page, "/make/image.generate")}
    answers = await asyncio.gather(*(maker.client.post("/make/image.generate", data=form) for _ in range(4)))
    answers.append(await maker.client.post("/make/image.generate", data=form))  # reloaded
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await total(maker, "/api/v1/jobs") == 1


async def test_other_words_or_a_fresh_form_buy_again(maker: Person) -> None:
    pages = [(await maker.client.get("/make/image.generate")).text for _ in range(2)]
    first, second = (key(page, "/make/image.generate") for page in pages)
    assert first != second
    for form in (
        {"prompt": "a red boat", "count": "1", "once": first},
        {"prompt": "a red boat", "count": "1", "once": second},  # the same words, on purpose
        {"prompt": "a blue boat", "count": "1", "once": first},  # back, and changed
        {"prompt": "a red boat", "count": "1"},  # a page from before there were keys
        {"prompt": "a red boat", "count": "1", "once": "x" * 5000},
    ):
        assert (await maker.client.post("/make/image.generate", data=form)).status_code == 303
    assert await total(maker, "/api/v1/jobs") == 5


async def test_a_refused_form_can_be_sent_again(maker: Person) -> None:
    once = str(new_id())
    assert (await maker.client.post("/make/image.generate", data={"prompt": " ", "once": once})).status_code == 422
    good = {"prompt": "a boat", "count": "1", "once": once}
    assert (await maker.client.post("/make/image.generate", data=good)).status_code == 303
    assert await total(maker, "/api/v1/jobs") == 1


async def test_a_retry_is_bought_once(maker: Person) -> None:
    await maker.client.post("/make/image.generate", data={"prompt": "a red boat", "count": "1"})
    job = (await maker.client.get("/api/v1/jobs")).json()["items"][0]["id"]
    once = {"once": str(new_id())}
    answers = await asyncio.gather(*(maker.client.post(f"/jobs/{job}/retry", data=once) for _ in range(3)))
    assert len({answer.headers["location"] for answer in answers}) == 1
    await maker.client.post(f"/jobs/{job}/retry", data={"once": str(new_id())})
    assert await total(maker, "/api/v1/jobs") == 3


async def test_a_token_is_made_once_and_shown_to_whoever_sent_its_form(maker: Person) -> None:
    page = (await maker.client.get("/account/tokens")).text
    form = {"label": "my program", "may": "read", "once": key(page, "/account/tokens")}
    answers = await asyncio.gather(*(maker.client.post("/account/tokens", data=form) for _ in range(3)))
    shown = [re.search(r'id="new-token">([^<]+)<', answer.text) for answer in answers]
    assert len({found[1] for found in shown if found}) == 1
    assert all(shown)
    assert answers[0].text.count("/revocation") == 1
    fresh = form | {"once": key(answers[0].text, "/account/tokens")}
    other = re.search(r'id="new-token">([^<]+)<', (await maker.client.post("/account/tokens", data=fresh)).text)
    assert other
    assert other[1] != shown[0][1]  # type: ignore[index]  # all were found


async def test_a_revoked_token_is_not_shown_again_by_its_form(maker: Person) -> None:
    form = {"label": "my program", "may": "read", "once": str(new_id())}
    page = (await maker.client.post("/account/tokens", data=form)).text
    revocation = re.search(r'action="(/account/tokens/[^"]+/revocation)"', page)
    assert revocation
    await maker.client.post(revocation[1])
    again = (await maker.client.post("/account/tokens", data=form)).text
    assert "new-token" not in again
    assert "/revocation" not in again


async def test_an_invitation_is_made_and_mailed_once(operator: Person) -> None:
    page = (await operator.client.get("/console/invitations")).text
    form = {"email": "ada@example.org", "note": "come in", "once": key(page, "/console/invitations#invite")}
    answers = await asyncio.gather(*(operator.client.post("/console/invitations", data=form) for _ in range(3)))
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert (await operator.client.get("/console/invitations")).text.count("/revocation") == 1
    assert (await operator.client.get("/console/mail")).text.count("ada@example.org") == 1


async def test_a_picture_is_brought_once(maker: Person) -> None:
    form, file = {"once": str(new_id())}, {"file": ("boat.png", picture(), "image/png")}
    answers = await asyncio.gather(
        *(maker.client.post("/library/uploads", data=form, files=file) for _ in range(3)),
    )
    assert len({answer.headers["location"] for answer in answers}) == 1
    headers = {"idempotency-key": str(new_id()), "accept": "application/json"}
    twice = [await maker.client.post("/api/v1/assets", files=file, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in twice] == [201, 201]
    assert twice[0].json()["id"] == twice[1].json()["id"]
    assert await total(maker, "/api/v1/assets") == 2


@pytest.mark.parametrize("page", ["/make/image.generate", "/account/tokens", "/library"])
async def test_a_page_shows_a_fresh_key_each_time(maker: Person, page: str) -> None:
    keys = [re.findall(r'name="once" value="([^"]+)"', (await maker.client.get(page)).text) for _ in range(2)]
    assert keys[0]
    assert not set(keys[0]) & set(keys[1])


def test_an_id_follows_from_the_member_and_the_key() -> None:
    once, one, other = str(new_id()), new_id(), new_id()
    assert id_for(one, once) == id_for(one, once) != id_for(other, once)
    assert id_for(one, once).version == 7
    assert id_for(one, once).bytes[:6] == UUID(once).bytes[:6]
    assert id_for(one, None) != id_for(one, None)
    assert key_of("x") is key_of("") is key_of(str(UUID(int=5))) is None

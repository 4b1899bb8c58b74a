"""Passkeys: alone, as the second factor, without a password; and everything that a browser could send instead."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from tests.people.factors.conftest import add_passkey, ask, facts, fault, first_half, signed_in
from tests.people.factors.device import PRESENT, Device, swapped
from tests.people.factors.test_authenticator import rows
from tests.roles import Person, browser

from atelier.base.db import Database

CHALLENGE = "/sign-in/passkey/challenge"


async def test_a_passkey_alone_opens_the_account(app: FastAPI, maker: Person, operator_db: Database) -> None:
    device = await add_passkey(maker)
    async with browser(app) as visitor:
        asked = await ask(visitor, CHALLENGE)
        assert asked["userVerification"] == "required"
        assert not asked["allowCredentials"]
        form = {"credential": device.sign(asked), "next": "/library"}
        done = await visitor.post("/sign-in/passkey", data=form)
        assert (done.status_code, done.headers["location"]) == (303, "/library"), fault(done)
        assert (await signed_in(visitor)).json()["id"] == str(maker.member_id)
        page = await visitor.get("/account/security")
        assert "My phone" in page.text
    assert [data["factor"] for _, data in await facts(operator_db, "factor:added")] == ["passkey"]


async def test_a_password_alone_opens_it_no_more(app: FastAPI, maker: Person) -> None:
    device = await add_passkey(maker)
    async with browser(app) as visitor:
        assert (await first_half(visitor, maker)).headers["location"] == "/sign-in/second"
        asked: Any = await ask(visitor, "/sign-in/second/challenge")
        assert [each["transports"] for each in asked["allowCredentials"]] == [["internal"]]
        done = await visitor.post("/sign-in/second/passkey", data={"credential": device.sign(asked)})
        assert (done.status_code, done.headers["location"]) == (303, "/library")


async def test_another_members_passkey_is_no_second_factor(app: FastAPI, maker: Person, stranger: Person) -> None:
    await add_passkey(maker)
    theirs = await add_passkey(stranger)
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        asked = await ask(visitor, "/sign-in/second/challenge")
        refused = await visitor.post("/sign-in/second/passkey", data={"credential": theirs.sign(asked)})
        assert refused.status_code == 422
        assert (await signed_in(visitor)).status_code == 401


async def test_an_answer_is_good_once_in_the_browser_that_was_asked(app: FastAPI, maker: Person) -> None:
    device = await add_passkey(maker)
    async with browser(app) as visitor, browser(app) as thief:
        signed = device.sign(await ask(visitor, CHALLENGE))
        stolen = await thief.post("/sign-in/passkey", data={"credential": signed})
        assert stolen.status_code == 410
        both = await asyncio.gather(*(visitor.post("/sign-in/passkey", data={"credential": signed}) for _ in range(2)))
        assert sorted(answer.status_code for answer in both) == [303, 410]
        assert (await visitor.post("/sign-in/passkey", data={"credential": signed})).status_code == 410


async def test_a_browser_keeps_few_challenges_and_the_newest(app: FastAPI, maker: Person) -> None:
    device = await add_passkey(maker)
    async with browser(app) as visitor:
        for _ in range(12):
            asked = await ask(visitor, CHALLENGE)
        assert len([name for name in visitor.cookies if "passkey" in name]) == 5
        assert (await visitor.post("/sign-in/passkey", data={"credential": device.sign(asked)})).status_code == 303


async def test_a_challenge_for_one_thing_is_none_for_another(app: FastAPI, maker: Person) -> None:
    device = await add_passkey(maker)
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        signed = device.sign(await ask(visitor, "/sign-in/second/challenge"))
        assert (await visitor.post("/sign-in/passkey", data={"credential": signed})).status_code == 410


LIES: dict[str, Callable[[Device, dict[str, Any]], str]] = {
    "another_origin": lambda device, asked: Device.sign(_with(device, origin="http://localhost.evil"), asked),
    "another_studio": lambda device, asked: Device.sign(_with(device, rp_id="evil.example"), asked),
    "nobody_verified": lambda device, asked: Device.sign(_with(device, flags=PRESENT), asked),
    "nobody_present": lambda device, asked: Device.sign(_with(device, flags=0x04), asked),
    "another_key": lambda device, asked: Device.sign(_with(device, key=Device().key), asked),
    "another_user": lambda device, asked: device.sign(asked, userHandle="AAAA"),
    "no_user": lambda device, asked: device.sign(asked, userHandle=""),
    "unknown": lambda device, asked: Device(user=device.user).sign(asked),
    "bent_signature": lambda device, asked: _bent(device.sign(asked), "signature"),
    "bent_data": lambda device, asked: _bent(device.sign(asked), "authenticatorData"),
    "no_signature": lambda device, asked: device.sign(asked, signature=""),
    "short_data": lambda device, asked: device.sign(asked, authenticatorData="AAAA"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_opens_nothing(app: FastAPI, maker: Person, operator_db: Database, lie: str) -> None:
    device = await add_passkey(maker)
    async with browser(app) as visitor:
        answer = LIES[lie](device, await ask(visitor, CHALLENGE))
        refused = await visitor.post("/sign-in/passkey", data={"credential": answer})
        assert refused.status_code == 422
        assert "opens nothing" in fault(refused)
        assert (await signed_in(visitor)).status_code == 401
    (fact,) = await facts(operator_db, "factor:failed")
    assert fact[1]["factor"] == "passkey"


GARBAGE = {
    "nothing": "",
    "no_json": "{",
    "a_list": "[]",
    "a_number": "7",
    "empty": "{}",
    "deep": "[" * 9000,
    "long": "x" * 30_000,
    "no_client": json.dumps({"id": "x", "rawId": "x", "type": "public-key", "response": {}}),
    "odd_client": json.dumps({"id": "x", "response": {"clientDataJSON": "ÿ"}}),
    "odd_id": json.dumps({"id": {"a": 1}, "response": {"clientDataJSON": "e30"}}),
}


@pytest.mark.parametrize("written", GARBAGE)
async def test_garbage_opens_nothing_and_breaks_nothing(app: FastAPI, maker: Person, written: str) -> None:
    async with browser(app) as visitor:
        assert (await visitor.post("/sign-in/passkey", data={"credential": GARBAGE[written]})).status_code == 422
    added = await maker.client.post("/account/passkeys", data={"credential": GARBAGE[written]})
    assert added.status_code == 422
    assert "no passkey was added" in fault(added)


async def test_a_copied_passkey_opens_nothing_any_more(
    app: FastAPI, maker: Person, owner_url: str, operator_db: Database
) -> None:
    device = await add_passkey(maker)
    async with browser(app) as visitor:
        await visitor.post("/sign-in/passkey", data={"credential": device.sign(await ask(visitor, CHALLENGE))})
        device.count = 0  # the copy has not been used yet
        copied = await visitor.post("/sign-in/passkey", data={"credential": device.sign(await ask(visitor, CHALLENGE))})
        assert (copied.status_code, "copied" in fault(copied)) == (422, True)
        device.count = 9
        again = await visitor.post("/sign-in/passkey", data={"credential": device.sign(await ask(visitor, CHALLENGE))})
        assert again.status_code == 422
    assert len(await facts(operator_db, "factor:halted")) == 1
    assert "was stopped" in str(rows(owner_url, "SELECT subject FROM mails"))


async def test_one_that_does_not_count_is_used_again_and_again(app: FastAPI, maker: Person) -> None:
    device = await add_passkey(maker, Device(counts=False))
    for _ in range(2):
        async with browser(app) as visitor:
            signed = device.sign(await ask(visitor, CHALLENGE))
            assert (await visitor.post("/sign-in/passkey", data={"credential": signed})).status_code == 303


async def test_a_banned_members_passkey_opens_nothing(app: FastAPI, maker: Person, owner_url: str) -> None:
    device = await add_passkey(maker)
    rows(owner_url, f"UPDATE members SET state = 'banned' WHERE id = '{maker.member_id}'")
    async with browser(app) as visitor:
        signed = device.sign(await ask(visitor, CHALLENGE))
        assert (await visitor.post("/sign-in/passkey", data={"credential": signed})).status_code == 422


async def test_several_have_names_and_go_one_by_one(app: FastAPI, maker: Person, stranger: Person) -> None:
    one, two = await add_passkey(maker, called="Phone"), await add_passkey(maker, called="Key ring")
    page = (await maker.client.get("/account/security")).text
    assert "Phone" in page
    assert "Key ring" in page
    ids = [part.partition("/")[0] for part in page.split("/account/passkeys/")[1:] if part[8:9] == "-"]
    first = dict.fromkeys(ids)
    named = next(iter(first))
    for path, form in (("name", {"called": "Mine now"}), ("removal", {})):
        other = await stranger.client.post(f"/account/passkeys/{named}/{path}", data=form)
        assert other.status_code == 404
    assert (await maker.client.post(f"/account/passkeys/{named}/name", data={"called": "Old phone"})).status_code == 303
    assert (await maker.client.post(f"/account/passkeys/{named}/name", data={"called": " "})).status_code == 422
    assert "Old phone" in (await maker.client.get("/account/security")).text
    assert (await maker.client.post(f"/account/passkeys/{named}/removal")).status_code == 303
    async with browser(app) as visitor:
        gone = await visitor.post("/sign-in/passkey", data={"credential": one.sign(await ask(visitor, CHALLENGE))})
        assert gone.status_code == 422
        left = await visitor.post("/sign-in/passkey", data={"credential": two.sign(await ask(visitor, CHALLENGE))})
        assert left.status_code == 303


async def test_a_name_that_is_too_long_is_refused_before_the_passkey_is_kept(maker: Person) -> None:
    asked = await ask(maker.client, "/account/passkeys/challenge")
    form = {"credential": Device().make(asked), "called": "x" * 81}
    refused = await maker.client.post("/account/passkeys", data=form)
    assert refused.status_code == 422
    assert "Give the passkey a name of at most 80 characters. No passkey was added." in refused.text
    kept = await maker.client.post("/account/passkeys", data=form | {"called": "x" * 80})
    assert kept.status_code in (200, 303)  # the browser's answer was not used up


async def test_the_same_device_is_not_added_twice(maker: Person) -> None:
    device = await add_passkey(maker)
    asked: Any = await ask(maker.client, "/account/passkeys/challenge")
    assert len(asked["excludeCredentials"]) == 1
    again = await maker.client.post("/account/passkeys", data={"credential": device.make(asked)})
    assert again.status_code == 422


async def test_an_account_without_a_password(app: FastAPI, maker: Person, owner_url: str) -> None:
    """The password may go where a passkey is, and the last way in stays."""
    refused = await maker.client.post("/account/password/removal")
    assert (refused.status_code, "only way in" in refused.text) == (409, True)
    device = await add_passkey(maker)
    assert (await maker.client.post("/account/password/removal")).status_code == 303
    assert rows(owner_url, "SELECT count(*) FROM members WHERE password_hash IS NOT NULL") == [(0,)]
    page = (await maker.client.get("/account/security")).text
    key = next(part[:36] for part in page.split("/account/passkeys/")[1:] if part[8:9] == "-")
    assert (await maker.client.post(f"/account/passkeys/{key}/removal")).status_code == 409
    async with browser(app) as visitor:
        assert (await first_half(visitor, maker)).status_code == 422
        done = await visitor.post("/sign-in/passkey", data={"credential": device.sign(await ask(visitor, CHALLENGE))})
        assert done.status_code == 303
        weak = await visitor.post("/account/password/first", data={"password": "short"})
        assert weak.status_code == 422
        assert (
            await visitor.post("/account/password/first", data={"password": "Nine-blue-kites-7"})
        ).status_code == 303
    async with browser(app) as visitor:
        again = await visitor.post("/sign-in", data={"email": maker.email, "password": "Nine-blue-kites-7"})
        assert again.headers["location"] == "/sign-in/second"


def _with(device: Device, **changed: Any) -> Device:
    whole: dict[str, Any] = {
        name: getattr(device, name) for name in ("origin", "rp_id", "flags", "counts", "count", "id", "user", "key")
    }
    return Device(**(whole | changed))


def _bent(written: str, part: str) -> str:
    answer = json.loads(written)
    answer["response"][part] = swapped(answer["response"][part])
    return json.dumps(answer)

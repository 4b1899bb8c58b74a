"""Recovery codes: each once, even at once; and what is left when everything else is lost."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI
from tests.people.factors.conftest import CODES_SHOWN, add_passkey, facts, first_half, set_up_app, signed_in
from tests.people.factors.test_authenticator import rows
from tests.roles import Person, browser

from atelier.base.db import Database
from atelier.people.factors import rules


async def test_a_code_lets_in_once_and_the_member_is_told(
    app: FastAPI, maker: Person, owner_url: str, operator_db: Database
) -> None:
    _, codes = await set_up_app(maker)
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        written = f"  {codes[3].upper().replace('-', ' ')} "
        assert (await visitor.post("/sign-in/second", data={"code": written})).status_code == 303
        assert "9 of 10 are left" in (await visitor.get("/account/security")).text
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        assert (await visitor.post("/sign-in/second", data={"code": codes[3]})).status_code == 422
    assert [data["left"] for _, data in await facts(operator_db, "recovery_code:used")] == [9]
    assert "recovery code of your account" in str(rows(owner_url, "SELECT subject FROM mails"))


async def test_twice_at_once_is_once(app: FastAPI, maker: Person) -> None:
    _, codes = await set_up_app(maker)
    async with browser(app) as one, browser(app) as two:
        await first_half(one, maker)
        await first_half(two, maker)
        both = await asyncio.gather(*(each.post("/sign-in/second", data={"code": codes[0]}) for each in (one, two)))
        assert sorted(answer.status_code for answer in both) == [303, 422]


async def test_another_members_code_is_no_use(app: FastAPI, maker: Person, stranger: Person) -> None:
    await set_up_app(maker)
    _, theirs = await set_up_app(stranger)
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        assert (await visitor.post("/sign-in/second", data={"code": theirs[0]})).status_code == 422
        assert (await signed_in(visitor)).status_code == 401


async def test_new_ones_end_the_old_ones(app: FastAPI, maker: Person) -> None:
    _, old = await set_up_app(maker)
    page = await maker.client.post("/account/recovery-codes")
    new = CODES_SHOWN.findall(page.text)
    assert len(new) == 10
    assert not set(new) & set(old)
    assert "download=" in page.text
    assert "style=" not in page.text
    async with browser(app) as visitor:
        await first_half(visitor, maker)
        assert (await visitor.post("/sign-in/second", data={"code": old[0]})).status_code == 422
        assert (await visitor.post("/sign-in/second", data={"code": new[0]})).status_code == 303


async def test_the_second_factor_brings_no_new_ones(maker: Person, owner_url: str) -> None:
    await set_up_app(maker)
    await add_passkey(maker)
    assert rows(owner_url, "SELECT count(*) FROM recovery_codes") == [(10,)]


async def test_without_a_factor_there_are_none(maker: Person, owner_url: str) -> None:
    assert (await maker.client.post("/account/recovery-codes")).status_code == 303
    assert rows(owner_url, "SELECT count(*) FROM recovery_codes") == [(0,)]


async def test_an_operator_lets_in_who_lost_everything(
    app: FastAPI, maker: Person, operator: Person, owner_url: str, operator_db: Database
) -> None:
    await set_up_app(maker)
    await add_passkey(maker)
    path = f"/console/members/{maker.member_id}/factors/removal"
    unsaid = await operator.client.post(path, data={"why": " "})
    assert unsaid.status_code == 422
    assert (await operator.client.post(path, data={"why": "showed their passport"})).status_code == 303
    assert (await signed_in(maker.client)).status_code == 401
    async with browser(app) as visitor:
        assert (await first_half(visitor, maker)).headers["location"] == "/library"
    (fact,) = await facts(operator_db, "factor:all_removed")
    assert fact[1]["why"] == "showed their passport"
    assert "operator has taken the second factors off" in str(rows(owner_url, "SELECT subject FROM mails"))


@pytest.mark.parametrize(
    "written", ["", "abcd-efgh", "abcd-efgh-jkm0", "a" * 12 + "b", "ａｂｃｄefghjkmn"], ids=range(5)
)
def test_what_is_a_recovery_code(written: str) -> None:
    assert rules.recovery_code(written) == ("abcdefghjkmn" if written.startswith("ａ") else None)


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://studio.example.org", "studio.example.org"),
        ("https://studio.example.org:8443", "studio.example.org"),
        ("http://localhost:8400", "localhost"),
        ("http://127.0.0.1:8400", None),
        ("https://[::1]:8400", None),
        ("https://192.0.2.7", None),
        ("http://studio.example.org", None),
    ],
)
def test_for_which_addresses_there_are_passkeys(origin: str, name: str | None) -> None:
    assert rules.relying_party(origin) == name

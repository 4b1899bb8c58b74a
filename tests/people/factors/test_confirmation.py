"""Step-up: a page asks, what was typed waits in it, and goes on; by password, code or passkey, and by nobody else's."""

from __future__ import annotations

import base64
import re
from html import unescape

import httpx
import pytest
from fastapi import FastAPI
from tests.people.factors.conftest import add_passkey, ask, code_of, facts, fault, set_up_app
from tests.people.factors.test_authenticator import rows
from tests.roles import PASSWORD, Person
from tests.web.test_confirmed import grow_stale

from atelier.base.db import Database
from atelier.people import locks

FLAG = "/console/flags/uploads"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def hidden(page: httpx.Response) -> dict[str, str]:
    return {unescape(name): unescape(value) for name, value in HIDDEN.findall(page.text)}


async def test_what_was_typed_waits_and_goes_on(operator: Person, web_db: Database, operator_db: Database) -> None:
    await grow_stale(web_db, operator)
    asks = await operator.client.post(
        FLAG, data={"share": "37"}, headers={"referer": "http://localhost/console/flags?x=1"}
    )
    assert asks.status_code == 403
    kept = hidden(asks)
    assert kept["next"] == "/console/flags?x=1"
    sealed = base64.urlsafe_b64decode(kept["waits"] + "==")
    assert not any(part in sealed for part in (b"share", b"uploads"))  # "37" alone may come about by chance
    assert not await facts(operator_db, "flag:switched")
    confirmed = await operator.client.post("/account/confirmation", data={**kept, "password": PASSWORD})
    assert confirmed.status_code == 200, fault(confirmed)
    assert f'action="{FLAG}"' in confirmed.text
    assert hidden(confirmed) == {"share": "37"}
    assert (await operator.client.post(FLAG, data=hidden(confirmed))).status_code == 303
    assert [data["after"] for _, data in await facts(operator_db, "flag:switched")] == [37]
    assert [data["by"] for _, data in await facts(operator_db, "session:confirmed")] == ["password"]


async def test_the_answer_to_a_form_is_no_page_to_come_back_to(maker: Person, web_db: Database) -> None:
    await grow_stale(web_db, maker)
    sent = {"referer": "http://localhost/account/name"}  # where a name was refused
    asks = await maker.client.post("/account/email", data={"email": "new@example.org"}, headers=sent)
    assert asks.status_code == 403
    assert hidden(asks)["next"] == "/account"


async def test_a_page_that_only_shows_is_come_back_to(maker: Person, web_db: Database) -> None:
    await set_up_app(maker)
    await maker.client.post("/account/security/app")
    await grow_stale(web_db, maker)
    asks = await maker.client.get("/account/security/app")
    assert asks.status_code == 403
    done = await maker.client.post("/account/confirmation", data={**hidden(asks), "password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, "/account/security/app")


@pytest.mark.parametrize("by", ["totp", "passkey"])
async def test_a_factor_confirms_as_well(maker: Person, web_db: Database, operator_db: Database, by: str) -> None:
    secret, _ = await set_up_app(maker)
    device = await add_passkey(maker)
    await grow_stale(web_db, maker)
    if by == "totp":
        form = {"code": code_of(secret)}
    else:
        form = {"credential": device.sign(await ask(maker.client, "/account/confirmation/challenge"))}
    assert (await maker.client.post("/account/security/app/removal")).status_code == 403
    assert (await maker.client.post("/account/confirmation", data=form)).status_code == 303
    assert (await maker.client.post("/account/security/app/removal")).status_code == 303
    assert [data["by"] for _, data in await facts(operator_db, "session:confirmed")] == [by]
    again = await maker.client.post("/account/confirmation", data=form)
    assert again.status_code == (422 if by == "totp" else 410)


async def test_what_is_wrong_confirms_nothing(
    maker: Person, stranger: Person, web_db: Database, operator_db: Database
) -> None:
    _, codes = await set_up_app(maker)
    await add_passkey(maker)
    theirs = await add_passkey(stranger)
    await grow_stale(web_db, maker)
    asked = await ask(maker.client, "/account/confirmation/challenge")
    wrong = [{"password": "Wrong-boats-5"}, {"code": "000000"}, {"code": codes[0]}, {"credential": theirs.sign(asked)}]
    for form in (*wrong, {"credential": "{"}, {}):
        answer = await maker.client.post("/account/confirmation", data=form)
        assert answer.status_code == 422
        assert fault(answer)
    assert not await facts(operator_db, "session:confirmed")
    assert len(await facts(operator_db, "factor:failed")) == 6


async def test_guessing_is_locked_here_too(maker: Person, web_db: Database) -> None:
    await grow_stale(web_db, maker)
    tried = [
        (await maker.client.post("/account/confirmation", data={"password": "Wrong-boats-5"})).status_code
        for _ in range(6)
    ]
    assert tried == [422] * 5 + [429]


async def test_a_try_that_nobody_looked_at_does_not_count(
    maker: Person, web_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await grow_stale(web_db, maker)
    monkeypatch.setattr(locks, "PATIENCE", 0.0)
    with monkeypatch.context() as busy:
        busy.setattr("atelier.people.passwords.WAITING", 0)
        for _ in range(6):
            asked = await maker.client.post("/account/confirmation", data={"password": PASSWORD})
            assert asked.status_code == 503
    assert (await maker.client.post("/account/confirmation", data={"password": PASSWORD})).status_code == 303


async def test_what_waits_is_the_sessions_own(operator: Person, maker: Person, web_db: Database) -> None:
    await grow_stale(web_db, operator)
    kept = hidden(await operator.client.post(FLAG, data={"share": "37"}))
    for bent in (kept["waits"], kept["waits"][:-2] + "AA", "x", "=" * 50):
        form = {"waits": bent, "next": "//evil.example", "password": PASSWORD}
        answer = await maker.client.post("/account/confirmation", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")


async def test_a_program_is_told_so_in_json_and_htmx_is_sent_there(operator: Person, web_db: Database) -> None:
    await grow_stale(web_db, operator)
    told = await operator.client.post(FLAG, data={"share": "1"}, headers={"accept": "application/json"})
    assert (told.status_code, told.json()["code"]) == (403, "confirmation_needed")
    swapped = await operator.client.post(FLAG, data={"share": "1"}, headers={"hx-request": "true"})
    assert swapped.headers["hx-redirect"].startswith("/account/confirmation?next=")


async def test_a_token_cannot_confirm(maker: Person, app: FastAPI) -> None:
    token = (await maker.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["account:read"]})).json()["token"]
    headers = {"authorization": f"Bearer {token}"}
    assert (await maker.client.post("/account/confirmation", data={"password": PASSWORD}, headers=headers)).is_error
    assert (await maker.client.post("/account/security/app", headers=headers)).is_error


async def test_the_console_can_ask_its_staff_for_a_factor(operator: Person, owner_url: str, web_db: Database) -> None:
    assert (await operator.client.post("/console/flags/factors", data={"share": "100"})).status_code == 303
    led = await operator.client.get("/console")
    assert (led.status_code, led.headers["location"]) == (303, "/account/security?needed=1")
    assert (await operator.client.post(FLAG, data={"share": "1"})).status_code == 403
    assert "The console asks" in (await operator.client.get("/account/security?needed=1")).text
    await add_passkey(operator)
    assert (await operator.client.get("/console")).status_code == 200


async def test_old_sessions_were_never_confirmed(maker: Person, owner_url: str) -> None:
    rows(owner_url, "UPDATE sessions SET confirmed_at = NULL")
    assert (await maker.client.post("/account/security/app")).status_code == 403

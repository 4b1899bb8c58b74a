"""Providers that are down, slow, or lie: a clear page with a code, a record, and nothing changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
from fastapi import FastAPI
from joserfc.jwk import OctKey
from sqlalchemy import text
from tests.conftest import SetClock
from tests.people.oidc.conftest import Walk, there
from tests.people.oidc.fake import CLIENT, KEY, OTHER_KEY, Body, Claims, FakeProvider, reply, signed, unsigned
from tests.people.oidc.test_sign_in import rows
from tests.roles import Person, browser

from atelier.base.db import Database

MODULUS = KEY.as_dict(private=False)["n"]

LIES: dict[str, Callable[[Claims], object]] = {
    "another issuer": lambda claims: claims.update(iss="https://id.example.evil"),
    "issuer with a slash": lambda claims: claims.update(iss="https://id.example/"),
    "no issuer": lambda claims: claims.pop("iss"),
    "another audience": lambda claims: claims.update(aud="somebody"),
    "no audience": lambda claims: claims.pop("aud"),
    "audiences without party": lambda claims: claims.update(aud=[CLIENT, "other"]),
    "another party": lambda claims: claims.update(azp="other"),
    "another nonce": lambda claims: claims.update(nonce="x" * 43),
    "no nonce": lambda claims: claims.pop("nonce"),
    "expired": lambda claims: claims.update(exp=time.time() - 61),
    "no end": lambda claims: claims.pop("exp"),
    "an end that is no time": lambda claims: claims.update(exp="tomorrow"),
    "an end that is not a number": lambda claims: claims.update(exp=float("nan")),
    "made in the future": lambda claims: claims.update(iat=time.time() + 120),
    "never made": lambda claims: claims.pop("iat"),
    "not yet good": lambda claims: claims.update(nbf=time.time() + 120),
    "nobody": lambda claims: claims.pop("sub"),
    "an empty name": lambda claims: claims.update(sub=""),
    "a number for a name": lambda claims: claims.update(sub=1),
    "an endless name": lambda claims: claims.update(sub="x" * 256),
}
FORGED: dict[str, Callable[[Claims], str]] = {
    "unsigned": unsigned,
    "by a shared secret": lambda claims: signed(claims, OctKey.import_key("secret of the client, 100 % sure"), "HS256"),
    "by the public key as a secret": lambda claims: signed(claims, OctKey.import_key(str(MODULUS)), "HS256"),
    "by somebody else": lambda claims: signed(claims, OTHER_KEY),
    "by somebody else in its name": lambda claims: signed(claims, OTHER_KEY, kid="first"),
    "changed afterwards": lambda claims: signed(claims)[:-4] + "AAAA",
    "a sign-out": lambda claims: signed(claims, typ="logout+jwt"),
    "nothing": lambda claims: "",
    "garbage": lambda claims: "a.b.c",
    "endless": lambda claims: signed(claims | {"pad": "x" * 20_000}),
    "a list": lambda claims: signed([claims]),  # type: ignore[arg-type]  # the lie
}


async def refused(
    answer: httpx.Response, client: httpx.AsyncClient, database: Database, code: str, status: int
) -> None:
    assert (answer.status_code, code in answer.text) == (status, True), answer.text[:3000]
    assert (await client.get("/api/v1/me")).status_code == 401
    for table in ("members", "sessions", "identities"):
        assert await rows(database, f"SELECT 1 FROM {table}") == [], table
    found = await rows(database, "SELECT member_id, data FROM events WHERE kind = 'session:refused'")
    assert found[-1][0] is None
    assert (found[-1][1]["provider"], found[-1][1]["reason"]) == ("corner", code)


async def test_untrue_tokens(app: FastAPI, walk: Walk, fake: FakeProvider, operator_db: Database) -> None:
    for name, bend in LIES.items():
        fake.bend = bend
        async with browser(app) as visitor:
            try:
                await refused(await walk(visitor), visitor, operator_db, "provider_untrusted", 502)
            except AssertionError as error:
                raise AssertionError(name) from error


async def test_forged_tokens(app: FastAPI, walk: Walk, fake: FakeProvider, operator_db: Database) -> None:
    for name, forge in FORGED.items():
        fake.raw = forge
        async with browser(app) as visitor:
            try:
                await refused(await walk(visitor), visitor, operator_db, "provider_untrusted", 502)
            except AssertionError as error:
                raise AssertionError(name) from error


async def test_a_small_difference_of_clocks_is_no_lie(
    visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider
) -> None:
    fake.bend = lambda claims: claims.update(exp=time.time() - 30, iat=time.time() + 30)
    assert (await walk(visitor)).status_code == 303


ANSWERS: dict[str, tuple[str, Any, str, int]] = {
    "no token": ("/token", reply({"access_token": "x"}), "provider_untrusted", 502),
    "no JSON": ("/token", httpx.Response(200, stream=Body(b"<html>")), "provider_untrusted", 502),
    "a list": ("/token", reply([]), "provider_untrusted", 502),
    "wrong client": ("/token", reply({"error": "invalid_client"}, 401), "provider_untrusted", 502),
    "code used": ("/token", reply({"error": "invalid_grant"}, 400), "provider_declined", 403),
    "broken": ("/token", reply({}, 500), "provider_unreachable", 503),
    "keys broken": ("/jwks", reply({}, 503), "provider_unreachable", 503),
    "no keys": ("/jwks", reply({"keys": []}), "provider_untrusted", 502),
    "keys of another kind": ("/jwks", reply({"keys": [{"kty": "oct", "k": "c2VjcmV0"}, 7]}), "provider_untrusted", 502),
    "keys that are none": ("/jwks", reply({"keys": "x"}), "provider_untrusted", 502),
    "a huge answer": ("/token", reply({"id_token": "x" * 400_000}), "provider_untrusted", 502),
    "a deep answer": ("/token", httpx.Response(200, stream=Body(b"[" * 100_000)), "provider_untrusted", 502),
    "a redirect": ("/token", reply({}, 302), "provider_untrusted", 502),
    "compressed": ("/token", reply({}, headers={"content-encoding": "gzip"}), "provider_untrusted", 502),
}


async def test_answers_that_are_none(app: FastAPI, walk: Walk, fake: FakeProvider, operator_db: Database) -> None:
    for name, (path, answer, code, status) in ANSWERS.items():
        fake.answers = {path: answer}
        async with browser(app) as visitor:
            try:
                await refused(await walk(visitor), visitor, operator_db, code, status)
            except AssertionError as error:
                raise AssertionError(name) from error


async def test_userinfo_of_somebody_else(
    visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider, operator_db: Database
) -> None:
    fake.told_in_token = False
    fake.answers["/me"] = reply({"sub": "eve", "email": "ada@example.org", "email_verified": True})
    await refused(await walk(visitor), visitor, operator_db, "provider_untrusted", 502)


async def test_down_slow_and_calling_itself_otherwise(app: FastAPI, fake: FakeProvider, operator_db: Database) -> None:
    async with browser(app) as visitor:
        for state, code, status in (
            ({"down": True}, "provider_unreachable", 503),
            ({"slow": True}, "provider_unreachable", 503),
            ({"metadata": {"issuer": "https://id.example/"}}, "provider_untrusted", 502),
            ({"metadata": {"token_endpoint": None}}, "provider_untrusted", 502),
            ({"metadata": {"authorization_endpoint": "javascript:alert(1)"}}, "provider_untrusted", 502),
            ({"metadata": {"authorization_endpoint": "http://id.example/auth"}}, "provider_untrusted", 502),
        ):
            fake.down = fake.slow = False
            fake.metadata = {}
            for name, value in state.items():
                setattr(fake, name, value)
            answer = await visitor.post("/sign-in/with/corner")
            assert (answer.status_code, code in answer.text) == (status, True), state
            assert "Corner" in answer.text


async def test_what_it_said_an_hour_ago_does_while_it_is_down(elsewhere: Any, fake: FakeProvider) -> None:
    clock = [0.0]
    elsewhere.discovery._clock = lambda: clock[0]
    corner = elsewhere.provider("corner")
    first = await elsewhere.metadata(corner)
    clock[0] = 4000.0
    fake.down = True
    assert await elsewhere.metadata(corner) == first


async def test_new_keys_are_fetched_when_a_token_names_one(
    app: FastAPI, walk: Walk, fake: FakeProvider, elsewhere: Any
) -> None:
    clock = [0.0]
    elsewhere.discovery._clock = lambda: clock[0]
    async with browser(app) as first:
        assert (await walk(first)).status_code == 303
    fake.key, fake.published = OTHER_KEY, [OTHER_KEY]
    clock[0] = 31.0
    async with browser(app) as second:
        assert (await walk(second)).status_code == 303
    fake.raw = signed  # by the key that was withdrawn
    async with browser(app) as third:
        assert (await walk(third)).status_code == 502
    assert fake.asked.count("id.example/jwks") == 2


async def test_the_answer_must_belong_to_this_browser(
    app: FastAPI, walk: Walk, fake: FakeProvider, operator_db: Database
) -> None:
    async with browser(app) as visitor, browser(app) as victim:
        answer = fake.grant(there(await visitor.post("/sign-in/with/corner")))
        landed = await victim.get("/sign-in/with/corner/return", params=answer)
        await refused(landed, victim, operator_db, "sign_in_expired", 410)
    for changed in ({"state": "x" * 43}, {"state": None}, {"state": "\u2603"}):
        async with browser(app) as visitor:
            assert (await walk(visitor, **changed)).status_code == 410


async def test_a_state_must_be_the_whole_one(visitor: httpx.AsyncClient, fake: FakeProvider) -> None:
    answer = fake.grant(there(await visitor.post("/sign-in/with/corner")))
    half = answer | {"state": answer["state"][:8] + "x" * 35}
    assert (await visitor.get("/sign-in/with/corner/return", params=half)).status_code == 410


async def test_a_key_of_another_use_signs_nothing(
    app: FastAPI, walk: Walk, fake: FakeProvider, operator_db: Database
) -> None:
    key = KEY.as_dict(private=False)
    for change in ({"alg": "PS256"}, {"use": "enc"}, {"kty": "EC"}, {"n": "AQAB"}):
        fake.answers["/jwks"] = reply({"keys": [{**key, **change}]})
        async with browser(app) as visitor:
            await refused(await walk(visitor), visitor, operator_db, "provider_untrusted", 502)


async def test_an_answer_is_good_once(visitor: httpx.AsyncClient, fake: FakeProvider, walk: Walk) -> None:
    answer = fake.grant(there(await visitor.post("/sign-in/with/corner")))
    assert (await visitor.get("/sign-in/with/corner/return", params=answer)).status_code == 303
    assert (await visitor.get("/sign-in/with/corner/return", params=answer)).status_code == 410


async def test_an_answer_that_is_too_late(visitor: httpx.AsyncClient, fake: FakeProvider, elsewhere: Any) -> None:
    from atelier.people.oidc import begin

    begun = begin.Begun("corner", at=time.time() - begin.LASTS - 1)
    visitor.cookies.set(begin.cookie_name("http://studio.test", begun.state), begin.write(elsewhere.seal, begun))
    answer = await visitor.get("/sign-in/with/corner/return", params={"code": "x", "state": begun.state})
    assert answer.status_code == 410


async def test_an_answer_that_another_process_ends(
    visitor: httpx.AsyncClient, fake: FakeProvider, set_clock: SetClock
) -> None:
    """A process whose clock is hours off begins the sign-in, and one whose clock is right ends it."""
    set_clock(7200)
    away = there(await visitor.post("/sign-in/with/corner"))
    set_clock(0)
    assert (await visitor.get("/sign-in/with/corner/return", params=fake.grant(away))).status_code == 303


async def test_a_providers_token_in_a_process_whose_clock_is_off(
    visitor: httpx.AsyncClient, fake: FakeProvider, set_clock: SetClock
) -> None:
    made = int(time.time())
    fake.bend = lambda claims: claims.update(iat=made, exp=made + 300)
    away = there(await visitor.post("/sign-in/with/corner"))
    set_clock(-7200)
    assert (await visitor.get("/sign-in/with/corner/return", params=fake.grant(away))).status_code == 303


async def test_another_providers_answer(visitor: httpx.AsyncClient, fake: FakeProvider) -> None:
    answer = fake.grant(there(await visitor.post("/sign-in/with/corner")))
    assert (await visitor.get("/sign-in/with/github/return", params=answer)).status_code == 410


async def test_mixed_up_answers(app: FastAPI, walk: Walk, fake: FakeProvider) -> None:
    async with browser(app) as visitor:
        assert (await walk(visitor, iss="https://evil.example")).status_code == 502
    async with browser(app) as visitor:
        assert (await walk(visitor, iss="https://id.example")).status_code == 303


async def test_who_must_name_themselves(visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider) -> None:
    fake.metadata = {"authorization_response_iss_parameter_supported": True}
    assert (await walk(visitor)).status_code == 502
    assert (await walk(visitor, iss="https://id.example")).status_code == 303


async def test_a_no_there_is_a_no_here(visitor: httpx.AsyncClient, walk: Walk, operator_db: Database) -> None:
    answer = await walk(visitor, code=None, error="access_denied", error_description="<b>no</b>")
    await refused(answer, visitor, operator_db, "provider_declined", 403)
    assert "<b>no" not in answer.text


async def test_it_is_said_in_the_visitors_language(visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider) -> None:
    visitor.headers["accept-language"] = "de"
    assert "Corner hat dich nicht hereingelassen" in (await walk(visitor, code=None, error="access_denied")).text
    del fake.person["email"]
    assert "Corner hat dem Studio keine E-Mail-Adresse genannt" in (await walk(visitor)).text


async def test_no_provider_of_that_name(visitor: httpx.AsyncClient) -> None:
    for path in ("/sign-in/with/nobody", "/sign-in/with/nobody/sign-out"):
        assert (await visitor.post(path)).status_code == 404
    assert (await visitor.get("/sign-in/with/nobody/return")).status_code == 404


async def test_nobody_is_sent_elsewhere_afterwards(app: FastAPI, walk: Walk) -> None:
    for wanted in ("//evil.example", "https://evil.example", "/\\evil.example"):
        async with browser(app) as visitor:
            assert (await walk(visitor, data={"next": wanted})).headers["location"] == "/"


async def test_another_site_cannot_begin_a_sign_in(visitor: httpx.AsyncClient, maker: Person) -> None:
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert (await visitor.post("/sign-in/with/corner", headers=elsewhere)).status_code == 403
    assert (await maker.client.post("/account/links/corner", headers=elsewhere)).status_code == 403


async def test_nothing_secret_is_in_the_address_or_the_events(
    visitor: httpx.AsyncClient, walk: Walk, operator_db: Database
) -> None:
    away = there(await visitor.post("/sign-in/with/corner"))
    assert "secret" not in away
    await walk(visitor)
    async with operator_db.engine.connect() as db:
        await db.execute(text("SELECT set_config('atelier.studio', 'on', false)"))
        events = str((await db.execute(text("SELECT data FROM events"))).all())
    assert "ada@" not in events

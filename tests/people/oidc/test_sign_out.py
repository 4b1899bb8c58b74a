"""Signing out here and there: sent there after signing out here, and out here at once when told from there."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from tests.people.oidc.conftest import Walk, there
from tests.people.oidc.fake import CLIENT, KEY, OTHER_KEY, Claims, FakeProvider, signed
from tests.people.oidc.test_sign_in import rows
from tests.roles import Person, browser

from atelier.base.db import Database
from atelier.people.oidc.elsewhere import Elsewhere

HERE = "/sign-in/with/corner/sign-out"


async def signed_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/api/v1/me")).status_code == 200


async def test_signing_out_here_leads_to_signing_out_there(
    visitor: httpx.AsyncClient, walk: Walk, operator_db: Database
) -> None:
    await walk(visitor)
    page = await visitor.post("/sign-out")
    address = there(page)
    asked = parse_qs(urlsplit(address).query)
    assert address.startswith("https://id.example/end?")
    assert asked["post_logout_redirect_uri"] == ["http://studio.test/"]
    assert asked["client_id"] == [CLIENT]
    assert asked["id_token_hint"][0].count(".") == 2
    assert not await signed_in(visitor)
    assert await rows(operator_db, "SELECT 1 FROM sessions") == []


async def test_a_hint_is_kept_sealed(visitor: httpx.AsyncClient, walk: Walk, owner_url: str) -> None:
    import psycopg

    await walk(visitor)
    with psycopg.connect(owner_url) as db:
        (hint,) = db.execute("SELECT hint FROM provider_sessions").fetchone() or ("",)
    assert len(hint) > 200
    assert "." not in hint


async def test_without_a_provider_signing_out_leads_home(maker: Person, visitor: httpx.AsyncClient, walk: Walk) -> None:
    assert (await maker.client.post("/sign-out")).headers["location"] == "/"
    await walk(visitor, "/sign-in/with/github")
    assert (await visitor.post("/sign-out")).headers["location"] == "/"
    assert not await signed_in(visitor)


async def test_signing_out_does_not_wait_for_a_provider_that_is_down(
    visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider, elsewhere: Elsewhere
) -> None:
    await walk(visitor)
    elsewhere.discovery._metadata.clear()
    fake.down = True
    assert (await visitor.post("/sign-out")).headers["location"] == "/"
    assert not await signed_in(visitor)


async def test_a_provider_without_such_an_end(visitor: httpx.AsyncClient, walk: Walk, fake: FakeProvider) -> None:
    fake.metadata = {"end_session_endpoint": None}
    await walk(visitor)
    assert (await visitor.post("/sign-out")).headers["location"] == "/"


async def test_told_from_there_only_that_session_ends(
    app: FastAPI, walk: Walk, fake: FakeProvider, maker: Person, operator_db: Database
) -> None:
    async with browser(app) as laptop, browser(app) as phone:
        fake.sid = "laptop"
        await walk(laptop)
        fake.sid = "phone"
        await walk(phone)
        assert await signed_in(phone)
        answer = await phone.post(HERE, data={"logout_token": fake.logout_token()})
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert [await signed_in(one) for one in (phone, laptop, maker.client)] == [False, True, True]
        (event,) = await rows(operator_db, "SELECT data FROM events WHERE kind = 'provider:signed_out'")
        assert event[0] == {"provider": "corner", "sessions": 1}


async def test_told_of_a_person_all_their_sessions_of_that_provider_end(
    app: FastAPI, walk: Walk, fake: FakeProvider, maker: Person
) -> None:
    async with browser(app) as laptop, browser(app) as phone, browser(app) as other:
        await walk(laptop)
        fake.sid = "phone"
        await walk(phone)
        eve = {"sub": "eve", "email": "eve@example.org", "email_verified": True}
        fake.person, ada = eve, fake.person
        await walk(other)
        fake.person = ada
        answer = await laptop.post(HERE, data={"logout_token": fake.logout_token(lambda claims: claims.pop("sid"))})
        assert answer.status_code == 200
        assert [await signed_in(one) for one in (laptop, phone, other, maker.client)] == [False, False, True, True]


async def test_a_session_of_another_person_does_not_end(app: FastAPI, walk: Walk, fake: FakeProvider) -> None:
    async with browser(app) as ada:
        await walk(ada)
        answer = await ada.post(HERE, data={"logout_token": fake.logout_token(lambda c: c.update(sub="eve"))})
        assert answer.status_code == 200
        assert await signed_in(ada)


REFUSED: dict[str, Callable[[Claims], object]] = {
    "an ID token": lambda claims: claims.pop("events"),
    "events of another kind": lambda claims: claims.update(events={"x": {}}),
    "events that are none": lambda claims: claims.update(events=["x"]),
    "a nonce": lambda claims: claims.update(nonce="x"),
    "no name": lambda claims: claims.pop("jti"),
    "nobody": lambda claims: (claims.pop("sub"), claims.pop("sid")),
    "another issuer": lambda claims: claims.update(iss="https://evil.example"),
    "another audience": lambda claims: claims.update(aud="other"),
    "expired": lambda claims: claims.update(exp=time.time() - 90),
    "old": lambda claims: claims.update(iat=time.time() - 900, exp=time.time() + 1e6),
    "from the future": lambda claims: claims.update(iat=time.time() + 90),
}


async def test_what_is_no_sign_out(app: FastAPI, walk: Walk, fake: FakeProvider) -> None:
    async with browser(app) as ada:
        await walk(ada)
        tokens = {name: fake.logout_token(bend) for name, bend in REFUSED.items()}
        good = fake.logout_token()
        tokens |= {"": "", "garbage": "x.y.z", "changed": good[:-4] + "AAAA", "endless": "x" * 20_000}
        tokens["of another kind"] = fake.logout_token(typ="at+jwt")
        fake.key = OTHER_KEY
        tokens["by somebody else"] = fake.logout_token()
        for name, token in tokens.items():
            answer = await ada.post(HERE, data={"logout_token": token})
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), name
            assert await signed_in(ada), name
        assert (await ada.post("/sign-in/with/github/sign-out", data={"logout_token": good})).status_code == 400


async def test_a_sign_out_is_heard_once(app: FastAPI, walk: Walk, fake: FakeProvider, operator_db: Database) -> None:
    async with browser(app) as ada:
        await walk(ada)
        token = fake.logout_token()
        assert (await ada.post(HERE, data={"logout_token": token})).status_code == 200
        await walk(ada)
        assert (await ada.post(HERE, data={"logout_token": token})).status_code == 400
        assert await signed_in(ada)


async def test_no_one_but_the_provider_ends_sessions(app: FastAPI, walk: Walk, fake: FakeProvider) -> None:
    async with browser(app) as ada:
        await walk(ada)
        forged = signed({"iss": "https://id.example", "aud": CLIENT, "sub": "ada-1"}, OTHER_KEY, kid=KEY.kid)
        assert (await ada.post(HERE, data={"logout_token": forged})).status_code == 400
        assert await signed_in(ada)


async def test_what_was_heard_is_forgotten_when_it_is_too_old_to_return(web_db: Database, owner_url: str) -> None:
    import psycopg

    from atelier.base.db import Acting

    once = text("SELECT people_logout_once(:key, now() + :lasts * interval '1 second')")
    heard = []
    for key, lasts in (("a", 60), ("a", 60), ("b", -1), ("b", 60)):
        async with web_db.transaction(Acting.nobody()) as db:
            heard.append((await db.execute(once, {"key": key, "lasts": lasts})).scalar_one())
    assert heard == [True, False, True, True]
    with psycopg.connect(owner_url) as owner:
        assert owner.execute("SELECT count(*) FROM logouts_heard").fetchone() == (2,)

"""API tokens: shown once, good until revoked, and never a way to make more of themselves."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.roles import Person, browser

from atelier.base.crypto import digest
from atelier.base.db import Acting, Database, libpq_url
from atelier.people import expiring, tokens
from atelier.spine import Studio


async def _make(person: Person, **wish: object) -> dict[str, str]:
    answer = await person.client.post("/api/v1/tokens", json={"name": "laptop", "scopes": ["account:read"], **wish})
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def test_a_token_speaks_for_its_member(visitor: httpx.AsyncClient, maker: Person, web_db: Database) -> None:
    made = await _make(maker)
    assert made["token"].startswith("atl_")
    me = await visitor.get("/api/v1/me", headers=bearer(made["token"]))
    assert me.json()["id"] == str(maker.member_id)
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        kept = (await db.execute(text("SELECT digest, hint FROM tokens"))).one()
    assert kept == (digest(made["token"]), made["token"][:8])
    listed = (await maker.client.get("/api/v1/tokens")).json()
    assert listed["total"] == 1
    assert "token" not in listed["items"][0]
    assert listed["items"][0]["used_at"] is not None


async def test_use_is_written_at_most_once_a_minute(
    visitor: httpx.AsyncClient, maker: Person, web_db: Database, owner_url: str
) -> None:
    made = await _make(maker)

    async def used() -> object:
        await visitor.get("/api/v1/me", headers=bearer(made["token"]))
        async with web_db.transaction(Acting.member(maker.member_id)) as db:
            return (await db.execute(text("SELECT used_at FROM tokens"))).scalar_one()

    first = await used()
    assert await used() == first
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute("UPDATE tokens SET used_at = now() - interval '2 minutes'")
    assert await used() != first


async def test_a_revoked_token_is_dead_at_once_and_for_good(
    visitor: httpx.AsyncClient, maker: Person, web_db: Database
) -> None:
    made = await _make(maker)
    assert (await maker.client.delete(f"/api/v1/tokens/{made['id']}")).status_code == 204
    assert (await visitor.get("/api/v1/me", headers=bearer(made["token"]))).status_code == 401
    assert (await maker.client.delete(f"/api/v1/tokens/{made['id']}")).status_code == 404
    async with web_db.transaction(Acting.member(maker.member_id)) as db:  # not even by SQL
        changed = await db.execute(text("UPDATE tokens SET revoked_at = NULL RETURNING id"))
        assert changed.first() is None


async def test_an_expired_token_is_nobody(visitor: httpx.AsyncClient, maker: Person, owner_url: str) -> None:
    made = await _make(maker, expires_in_days=1)
    assert (await visitor.get("/api/v1/me", headers=bearer(made["token"]))).status_code == 200
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute("UPDATE tokens SET expires_at = now() - interval '1 second'")
    assert (await visitor.get("/api/v1/me", headers=bearer(made["token"]))).status_code == 401


async def test_a_token_makes_no_other(visitor: httpx.AsyncClient, maker: Person) -> None:
    made = await _make(maker)
    answer = await visitor.post("/api/v1/tokens", json={"name": "heir"}, headers=bearer(made["token"]))
    assert (answer.status_code, answer.json()["code"]) == (403, "session_needed")
    page = await visitor.post("/account/tokens", data={"label": "heir"}, headers=bearer(made["token"]))
    assert page.status_code == 403
    assert (await maker.client.get("/api/v1/tokens")).json()["total"] == 1


async def test_who_was_long_away_confirms_before_making_one(maker: Person, owner_url: str) -> None:
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute("UPDATE sessions SET confirmed_at = now() - interval '1 hour'")
    answer = await maker.client.post("/api/v1/tokens", json=GOOD)
    assert (answer.status_code, answer.json()["code"]) == (403, "confirmation_needed")
    await maker.client.post("/account/tokens", data={"label": "x"})
    assert (await maker.client.get("/api/v1/tokens")).json()["total"] == 0


async def test_a_stranger_sees_and_revokes_nothing(maker: Person, stranger: Person) -> None:
    made = await _make(maker)
    assert (await stranger.client.get("/api/v1/tokens")).json() == {"items": [], "next": None, "total": 0}
    assert (await stranger.client.delete(f"/api/v1/tokens/{made['id']}")).status_code == 404
    assert (await stranger.client.post(f"/account/tokens/{made['id']}/revocation")).status_code == 404
    assert (await maker.client.get("/api/v1/tokens")).json()["total"] == 1


GARBAGE = (
    b"Bearer", b"Bearer ", b"bearer x", b"Bearer atl_", b"Bearer atl_" + b"A" * 43, b"Bearer atl_" + b"A" * 9000,
    b"Bearer \x00", b"Bearer atl_\xe9", b"BEARER \xff", b"Bearer atl_" + b"A" * 43 + b" extra", b"bearer  ",
)  # fmt: skip


async def test_a_garbage_token_is_nobody(visitor: httpx.AsyncClient) -> None:
    for sent in GARBAGE:
        answer = await visitor.get("/api/v1/me", headers={b"authorization": sent})
        assert answer.status_code == 401, sent
        assert answer.headers["www-authenticate"] == 'Bearer realm="atelier", error="invalid_token"'
    assert (await visitor.get("/api/v1/me")).headers["www-authenticate"] == 'Bearer realm="atelier"'


async def test_a_bad_token_never_falls_back_to_the_cookie(maker: Person) -> None:
    """Requests with a token may come from other sites, so a cookie must not answer for it."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = await maker.client.post(
            "/api/v1/tokens",
            json={"name": "stolen"},
            headers={"authorization": f"{scheme} wrong", "sec-fetch-site": "cross-site"},
        )
        assert answer.status_code == 401
    answer = await maker.client.post("/api/v1/tokens", json={"name": "x"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


GOOD = {"name": "x", "scopes": ["jobs:read"]}
BAD: tuple[dict[str, object], ...] = (
    {"scopes": []}, {"scopes": ["everything"]}, {"scopes": "jobs:read"}, {"scopes": None}, {"scopes": ["x"] * 99},
    {"name": ""}, {"name": "\0"}, {"name": "x" * 81}, {"name": 3}, {"expires_in_days": 0}, {"expires_in_days": 10**9},
    {"role": "operator"},
)  # fmt: skip


async def test_a_bad_wish_makes_nothing(maker: Person) -> None:
    wishes = [{**GOOD, **bad} for bad in BAD] + [{}, {"name": "x"}, {"scopes": ["jobs:read"]}]
    for wish in wishes:
        assert (await maker.client.post("/api/v1/tokens", json=wish)).status_code == 422, wish
    assert (await maker.client.get("/api/v1/tokens")).json()["total"] == 0
    assert (await maker.client.post("/api/v1/tokens", json=GOOD)).status_code == 201


async def test_the_list_goes_on_page_by_page(maker: Person) -> None:
    names = [f"token {number}" for number in range(5)]
    for name in names:
        await _make(maker, name=name)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (
            await maker.client.get("/api/v1/tokens", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        assert page["total"] == 5
        seen += [item["name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == names[::-1]
    assert (await maker.client.get("/api/v1/tokens?cursor=garbage")).status_code == 404


async def test_nobody_collects_tokens_without_end(maker: Person, web_db: Database) -> None:
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        for number in range(tokens.MOST):
            await tokens.create(db, member_id=maker.member_id, name=str(number), scopes=tokens.READ)
    answer = await maker.client.post("/api/v1/tokens", json={**GOOD, "name": "one more"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_tokens")


async def test_its_maker_is_told_once_a_week_before_it_ends(
    maker: Person, studio: Studio, web_db: Database, owner_url: str
) -> None:
    for name, days in (("soon", 30), ("later", 90), ("short", 5), ("never", None), ("revoked", 30)):
        made = await _make(maker, name=name, expires_in_days=days)
        if name == "revoked":
            await maker.client.delete(f"/api/v1/tokens/{made['id']}")
    told = partial(expiring.tell, studio.worker_db, studio.accounts.writer)
    assert await told() == 0
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute(
            "UPDATE tokens SET (expires_at, created_at) = "
            "(expires_at - interval '24 days', created_at - interval '24 days')"
            " WHERE name IN ('soon', 'revoked')"
        )
        assert sum(await asyncio.gather(told(), told())) == 1
        assert await told() == 0
        (mail,) = db.execute("SELECT recipient, body FROM mails").fetchall()
    assert mail[0] == maker.email
    assert "“soon”" in mail[1]


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ("3 days", "expires in 3 days"),
        ("5 hours", "expires within a day"),
        ("-1 days", "expired"),
        ("60 days", "until "),
    ],
)
async def test_the_page_says_how_soon_one_ends(maker: Person, owner_url: str, left: str, said: str) -> None:
    await _make(maker)
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute("UPDATE tokens SET expires_at = now() + %s::interval", [left])
    assert said in (await maker.client.get("/account/tokens")).text.partition("</section>")[0]


async def test_the_oldest_tokens_without_a_checksum_still_work(
    visitor: httpx.AsyncClient, maker: Person, owner_url: str
) -> None:
    old = "atl_aX4bOQYbVfCxBHiAGvb1qp503f5hQihr6BJ1FxfvxjE"
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        db.execute(
            "INSERT INTO tokens (id, member_id, name, digest, hint, scopes) VALUES"
            " (gen_random_uuid(), %s, 'old', %s, 'atl_aX4b', '{account:read}')",
            [maker.member_id, digest(old)],
        )
    assert (await visitor.get("/api/v1/me", headers=bearer(old))).status_code == 200
    assert "atl_aX4b…" in (await maker.client.get("/account/tokens")).text


async def test_a_mistyped_token_is_refused_without_a_look(
    visitor: httpx.AsyncClient, maker: Person, app: FastAPI
) -> None:
    secret = (await _make(maker))["token"]
    asked = app.state.parts.identify.__self__
    before = asked.asked
    for wrong in (
        secret[:-1] + ("0" if secret[-1] != "0" else "1"),
        secret[:20] + secret[21] + secret[20] + secret[22:],
    ):
        if wrong != secret:
            assert (await visitor.get("/api/v1/me", headers=bearer(wrong))).status_code == 401
    assert asked.asked == before


async def test_a_token_ends_after_ninety_days_unless_its_maker_says_otherwise(maker: Person) -> None:
    for wish, ends in (({}, 90), ({"expires_in_days": 365}, 365)):
        made = await _make(maker, **wish)
        lasts = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
        assert lasts.days == ends
    assert (await _make(maker, expires_in_days=None))["expires_at"] is None


async def test_what_the_page_offers_is_what_the_token_may_do(maker: Person) -> None:
    for form, scopes in (
        ({"may": "read"}, tokens.READ),
        ({"may": "make", "scope": ["assets:write"]}, tokens.MAKE),
        ({"may": "own", "scope": ["assets:write", "jobs:read"]}, {"assets:write", "jobs:read"}),
    ):
        page = await maker.client.post("/account/tokens", data={"label": "x", **form})
        assert page.status_code == 200
        assert set((await maker.client.get("/api/v1/tokens")).json()["items"][0]["scopes"]) == scopes
    for nothing in ({"may": "own"}, {"may": "own", "scope": ["all"]}, {"may": "everything"}):
        page = await maker.client.post("/account/tokens", data={"label": "kept words", **nothing})
        assert page.status_code == 422
        assert "kept words" in page.text
    assert (await maker.client.get("/api/v1/tokens")).json()["total"] == 3


async def test_the_page_shows_a_new_token_once(app: FastAPI, maker: Person) -> None:
    page = await maker.client.post("/account/tokens", data={"label": "Laptop & co", "days": "30"})
    secret = page.text.split('id="new-token">')[1].split("<")[0]
    assert "Laptop &amp; co" in page.text
    assert secret not in (await maker.client.get("/account/tokens")).text
    async with browser(app) as program:
        assert (await program.get("/api/v1/me", headers=bearer(secret))).status_code == 200
    listed = (await maker.client.get("/api/v1/tokens")).json()["items"][0]
    assert listed["expires_at"] is not None


async def test_a_token_lasts_until_it_is_revoked_if_its_maker_chooses_so(maker: Person) -> None:
    await maker.client.post("/account/tokens", data={"label": "x", "days": "never"})
    assert (await maker.client.get("/api/v1/tokens")).json()["items"][0]["expires_at"] is None


async def test_odd_days_do_not_make_a_token_that_lasts_for_ever(maker: Person) -> None:
    await maker.client.post("/account/tokens", data={"label": "x", "days": "99999"})
    assert (await maker.client.get("/api/v1/tokens")).json()["items"][0]["expires_at"] is not None

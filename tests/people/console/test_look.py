"""Looking at a member's pages: seen by everybody who looks, changing nothing, ended by either side and by time."""

from __future__ import annotations

import re

import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.roles import Person

from atelier.base.db import Acting, libpq_url
from atelier.limits.flags import LOOKS, switch
from atelier.spine import Studio
from atelier.web.routes import rules

BANNER = "You see the studio as Maker and can change nothing."


async def begin(operator: Person, whom: Person) -> int:
    return (await operator.client.post(f"/console/members/{whom.member_id}/look")).status_code


async def test_every_page_says_who_is_looked_at_and_none_of_them_writes(
    app: FastAPI, operator: Person, maker: Person
) -> None:
    assert await begin(operator, maker) == 303
    pages = written = 0
    for route, _ in rules(app):
        if "{" in route.path:
            continue
        for method in route.methods or ():
            if method == "GET" and route.path not in ("/live", "/api/v1/events"):
                answer = await operator.client.get(route.path)
                assert answer.status_code < 500, route.path
                if "<main" in answer.text and '<nav class="rail"' in answer.text:
                    assert BANNER in answer.text, route.path
                    pages += 1
            elif method != "GET" and route.path not in ("/look/end", "/csp-reports"):
                answer = await operator.client.request(method, route.path)
                assert answer.status_code == 403, (method, route.path)
                written += 1
    assert BANNER in (await operator.client.get("/make/image.generate")).text
    assert pages >= 4
    assert written >= 10


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/account/password", {"current": "Seven-red-boats-4", "password": "Eight-red-boats-5"}),
        ("/account/tokens", {"label": "mine", "days": "90"}),
        ("/account/name", {"name": "Other"}),
        ("/make/image.generate", {"prompt": "a boat", "count": "1"}),
        ("/sign-out", {}),
    ],
)
async def test_nothing_of_the_members_changes(
    path: str, form: dict[str, str], studio: Studio, operator: Person, maker: Person
) -> None:
    await begin(operator, maker)
    answer = await operator.client.post(path, data=form)
    assert answer.status_code == 403
    assert "End the look first" in answer.text
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        for table in ("jobs", "tokens"):
            assert (await db.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
        name = await db.execute(text("SELECT name FROM members WHERE id = :id"), {"id": maker.member_id})
        assert name.scalar_one() == "Maker"


async def test_the_operator_sees_what_the_member_sees_and_is_themselves_again(
    studio: Studio, operator: Person, maker: Person
) -> None:
    await maker.client.post("/api/v1/tokens", json={"name": "Of the maker", "scopes": ["account:read"]})
    assert await begin(operator, maker) == 303
    assert (await operator.client.get("/api/v1/me")).json()["id"] == str(maker.member_id)
    assert "Of the maker" in (await operator.client.get("/account/tokens")).text
    assert (await operator.client.get("/console")).status_code == 403
    ended = await operator.client.post("/look/end")
    assert ended.headers["location"] == f"/console/members/{maker.member_id}"
    assert (await operator.client.get("/api/v1/me")).json()["id"] == str(operator.member_id)
    assert (await maker.client.get("/api/v1/me")).status_code == 200  # theirs went on all the while
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        found = await db.execute(
            text("SELECT kind, actor_id, subject_id, address FROM events WHERE kind LIKE 'look:%' ORDER BY id")
        )
        who = (operator.member_id, maker.member_id, "127.0.0.1")
        assert [tuple(row) for row in found] == [("look:began", *who), ("look:ended", *who)]


async def test_a_look_ends_by_itself(studio: Studio, operator: Person, maker: Person) -> None:
    await begin(operator, maker)
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("UPDATE sessions SET looks_until = now() - interval '1 second' WHERE looks_at IS NOT NULL")
    assert (await operator.client.get("/api/v1/me")).json()["id"] == str(operator.member_id)


async def test_who_is_no_operator_any_more_looks_no_more(studio: Studio, operator: Person, maker: Person) -> None:
    await begin(operator, maker)
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("UPDATE members SET role = 'member' WHERE id = %s", [operator.member_id])
    assert (await operator.client.get("/api/v1/me")).json()["id"] == str(operator.member_id)


async def test_nobody_looks_through_an_operators_or_helpers_eyes(
    studio: Studio, operator: Person, maker: Person
) -> None:
    assert await begin(operator, operator) == 403
    await begin(operator, maker)
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("UPDATE members SET role = 'support' WHERE id = %s", [maker.member_id])
    assert (await operator.client.get("/api/v1/me")).json()["id"] == str(operator.member_id)


async def test_a_web_process_cannot_begin_a_look(studio: Studio, maker: Person, stranger: Person) -> None:
    for statement in (
        "INSERT INTO sessions (id, member_id, digest, agent, address, expires_at, looks_at, looks_until)"
        " VALUES (gen_random_uuid(), :me, 'x', '', '', now() + interval '1 day', :whom, now() + interval '1 day')",
        "UPDATE sessions SET looks_at = :whom, looks_until = now() + interval '1 day' WHERE member_id = :me",
    ):
        with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
            async with studio.web_db.transaction(Acting.member(stranger.member_id)) as db:
                await db.execute(text(statement), {"me": stranger.member_id, "whom": maker.member_id})


async def test_looks_can_be_switched_off(studio: Studio, operator: Person, maker: Person) -> None:
    async with studio.operator_db.transaction(Acting.for_studio(operator.member_id)) as db:
        await switch(db, LOOKS, 0, by=operator.member_id)
    assert await begin(operator, maker) == 403
    assert not re.search(BANNER, (await operator.client.get("/library")).text)


async def test_a_token_of_an_operator_has_no_eyes(app: FastAPI, operator: Person, maker: Person) -> None:
    token = (await operator.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["account:read"]})).json()[
        "token"
    ]
    bearer = {"authorization": f"Bearer {token}"}
    answer = await operator.client.post(f"/console/members/{maker.member_id}/look", headers=bearer)
    assert answer.status_code == 403  # only a person at a browser can confirm that it is them

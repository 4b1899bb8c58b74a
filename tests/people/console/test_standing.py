"""What an operator changes about a member works at once, leaves its fact, and is out of everybody else's reach."""

from __future__ import annotations

import asyncio

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.roles import Person, browser

from atelier.base import request_origin
from atelier.base.db import Acting, libpq_url
from atelier.base.request_origin import RequestOrigin
from atelier.spine import Studio
from atelier.web.access import Access
from atelier.web.routes import rules


async def fact(studio: Studio, kind: str) -> dict[str, object]:
    """The one fact of that kind."""
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        found = await db.execute(text("SELECT * FROM events WHERE kind = :kind"), {"kind": kind})
        return dict(found.mappings().one())


def make(studio: Studio, person: Person, role: str) -> None:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("UPDATE members SET role = %s WHERE id = %s", [role, person.member_id])


def at(person: Person, what: str) -> str:
    return f"/console/members/{person.member_id}{what}"


async def test_a_role_is_given_and_counts_at_once(studio: Studio, operator: Person, maker: Person) -> None:
    assert (await maker.client.get("/console")).status_code == 403
    assert (await operator.client.post(at(maker, "/role"), data={"role": "operator"})).status_code == 303
    assert (await maker.client.get("/console")).status_code == 200
    said = await fact(studio, "member:role_changed")
    assert (said["actor_id"], said["subject_id"], said["address"]) == (
        operator.member_id,
        maker.member_id,
        "127.0.0.1",
    )
    assert said["data"] == {"before": "member", "after": "operator"}
    for odd in ("", "king", "OPERATOR"):
        assert (await operator.client.post(at(maker, "/role"), data={"role": odd})).status_code == 422


async def test_nobody_bans_or_demotes_themselves(operator: Person) -> None:
    for what, form in (("/role", {"role": "member"}), ("/ban", {"why": "x"}), ("/ban/end", {})):
        assert (await operator.client.post(at(operator, what), data=form)).status_code == 409
    assert (await operator.client.get("/console")).status_code == 200


async def test_two_operators_cannot_unseat_each_other(studio: Studio, operator: Person, maker: Person) -> None:
    make(studio, maker, "operator")
    await asyncio.gather(
        operator.client.post(at(maker, "/role"), data={"role": "member"}),
        maker.client.post(at(operator, "/role"), data={"role": "member"}),
    )
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        left = (await db.execute(text("SELECT count(*) FROM members WHERE role = 'operator'"))).scalar_one()
    assert left == 1


async def test_a_ban_ends_everything_at_once_and_can_be_lifted(
    app: FastAPI, studio: Studio, operator: Person, maker: Person
) -> None:
    token = (await maker.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["account:read"]})).json()["token"]
    async with browser(app) as program:
        bearer = {"authorization": f"Bearer {token}"}
        assert (await program.get("/api/v1/me", headers=bearer)).status_code == 200
        assert (await operator.client.post(at(maker, "/ban"), data={"why": ""})).status_code == 422
        assert (await operator.client.post(at(maker, "/ban"), data={"why": "Spam"})).status_code == 303
        assert (await maker.client.get("/api/v1/me")).status_code == 401
        assert (await program.get("/api/v1/me", headers=bearer)).status_code == 401
        said = await fact(studio, "member:banned")
        assert said["data"] == {"before": "active", "after": "banned", "why": "Spam", "sessions": 1}
        assert "This account is closed" in (await operator.client.get(at(maker, ""))).text
        assert (await operator.client.post(at(maker, "/ban/end"))).status_code == 303
        assert (await maker.client.get("/api/v1/me")).status_code == 401  # that sign-in stays ended
        assert (await program.get("/api/v1/me", headers=bearer)).status_code == 200


async def test_who_waits_is_declined_and_not_banned(studio: Studio, operator: Person, maker: Person) -> None:
    """To open a ban again lets nobody in: the welcome and the wallet come with the yes."""
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("UPDATE members SET state = 'waiting' WHERE id = %s", [maker.member_id])
    page = (await operator.client.get(at(maker, ""))).text
    assert 'name="why"' not in page
    assert "/console/invitations" in page
    answer = await operator.client.post(at(maker, "/ban"), data={"why": "Spam"})
    assert answer.status_code == 409
    assert "Decline" in answer.text
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        assert db.execute("SELECT state FROM members WHERE id = %s", [maker.member_id]).fetchone() == ("waiting",)


async def test_a_member_is_signed_out_everywhere_or_in_one_browser(
    studio: Studio, operator: Person, maker: Person, stranger: Person
) -> None:
    session = maker.caller.session_id
    page = (await operator.client.get(at(maker, ""))).text
    assert f"/sessions/{session}/sign-out" in page
    foreign = await operator.client.post(at(stranger, f"/sessions/{session}/sign-out"))
    assert foreign.status_code == 404  # of another member than the page's
    assert (await operator.client.post(at(maker, f"/sessions/{session}/sign-out"))).status_code == 303
    assert (await maker.client.get("/api/v1/me")).status_code == 401
    assert (await operator.client.post(at(stranger, "/sign-out"))).status_code == 303
    assert (await stranger.client.get("/api/v1/me")).status_code == 401
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        found = await db.execute(text("SELECT subject_id FROM events WHERE kind = 'member:signed_out' ORDER BY id"))
        assert list(found.scalars()) == [maker.member_id, stranger.member_id]


async def test_tokens_are_revoked_for_good(app: FastAPI, operator: Person, maker: Person) -> None:
    token = (await maker.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["account:read"]})).json()["token"]
    assert "1 API token in use" in (await operator.client.get(at(maker, ""))).text
    assert (await operator.client.post(at(maker, "/tokens/revocation"))).status_code == 303
    async with browser(app) as program:
        assert (await program.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})).status_code == 401


async def test_support_sees_the_console_and_changes_nothing(
    app: FastAPI, studio: Studio, maker: Person, stranger: Person
) -> None:
    make(studio, maker, "support")
    async with browser(app, maker.secret) as helper:
        seen = refused = 0
        for route, rule in rules(app):
            if not route.path.startswith("/console"):
                continue
            path = route.path.replace("{member_id}", str(stranger.member_id))
            if rule.access is Access.SUPPORT:
                assert (await helper.get(path)).status_code == 200, path
                seen += 1
            elif "{" not in path.replace("{flag}", "uploads"):
                for method in route.methods or ():
                    assert (await helper.request(method, path)).status_code == 403, path
                    refused += 1
        assert seen >= 8
        assert refused >= 10
        page = (await helper.get(at(stranger, ""))).text
        assert "stranger@example.org" in page
        assert "/ban" not in page
        assert "/grants" not in page
        # on their own pages they are a member like any other
        assert (await helper.post("/account/name", data={"name": "Helper"})).status_code == 303


async def test_the_database_refuses_what_support_would_write(studio: Studio, maker: Person) -> None:
    with request_origin.isolated():
        request_origin.assign(RequestOrigin("here", None, reads=True))
        with pytest.raises(DBAPIError, match="read-only"):
            async with studio.operator_db.transaction(Acting.for_studio(maker.member_id)) as db:
                await db.execute(text("UPDATE members SET role = 'operator'"))
        async with studio.operator_db.transaction(Acting.for_studio(maker.member_id)) as db:
            await db.execute(text("SELECT 1"))
            with pytest.raises(DBAPIError, match="read-write mode"):
                await db.execute(text("SET TRANSACTION READ WRITE"))


async def test_a_lock_is_shown_and_opened(operator: Person, maker: Person, visitor: httpx.AsyncClient) -> None:
    for _ in range(5):
        await visitor.post("/sign-in", data={"email": maker.email, "password": "Wrong-boats-5"})
    page = (await operator.client.get(at(maker, ""))).text
    assert "5 sign-ins failed" in page
    limits = (await operator.client.get("/console/limits")).text
    assert "127.0.0.1" in limits
    assert maker.email not in limits
    assert (await operator.client.post(at(maker, "/unlocking"))).status_code == 303
    assert "sign-ins failed" not in (await operator.client.get(at(maker, ""))).text
    assert (await operator.client.post(at(maker, "/unlocking"))).status_code == 404
    for name in ("nobody", "'; --"):
        form = {"kind": "network", "name": name}
        assert (await operator.client.post("/console/locks/unlocking", data=form)).status_code == 404

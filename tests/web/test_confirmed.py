"""Routes that ask for a fresh confirmation: by whom, for how long, and what tokens get."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from tests.roles import Person

from atelier.base.db import Acting, Database
from atelier.limits.limit import GENERAL
from atelier.web.access import Access
from atelier.web.routes import Routes, rules

WHERE = "/console/models/sketch/switch"


async def grow_stale(web_db: Database, person: Person, minutes: int = 16) -> None:
    """Have the person's session be confirmed that long ago."""
    async with web_db.transaction(Acting.member(person.member_id)) as db:
        connection = await db.connection()
        await connection.exec_driver_sql(f"UPDATE sessions SET confirmed_at = now() - interval '{minutes} min'")


async def test_signing_in_was_a_confirmation(operator: Person) -> None:
    assert (await operator.client.post(WHERE, data={"on": ""})).status_code == 303


async def test_after_a_quarter_of_an_hour_it_is_asked_again_and_nothing_is_changed(
    operator: Person, web_db: Database
) -> None:
    await grow_stale(web_db, operator)
    refused = await operator.client.post(WHERE, data={"on": ""}, headers={"accept": "application/json"})
    assert refused.status_code == 403
    assert refused.json()["code"] == "confirmation_needed"
    assert "model:switched" not in (await operator.client.get("/console/trail.csv")).text


async def test_a_token_never_gets_through(operator: Person, app: FastAPI) -> None:
    token = (await operator.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["jobs:read"]})).json()["token"]
    answer = await operator.client.post(WHERE, headers={"authorization": f"Bearer {token}", "accept": "*/*"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "session_needed"


async def test_a_token_with_the_scope_passes_where_only_sessions_confirm(maker: Person, web_db: Database) -> None:
    asked = {"name": "x", "scopes": ["data:write"]}
    token = (await maker.client.post("/api/v1/tokens", json=asked)).json()["token"]
    await grow_stale(web_db, maker)
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    assert (await maker.client.post("/api/v1/exports", headers=headers)).status_code == 202
    asks = await maker.client.post("/api/v1/exports", headers={"accept": "application/json"})
    assert (asks.status_code, asks.json()["code"]) == (403, "confirmation_needed")


async def test_every_route_that_starts_or_hands_out_an_export_asks(app: FastAPI) -> None:
    asks = {route.path_format for route, rule in rules(app) if rule.confirmed}
    assert {"/api/v1/exports", "/account/exports", "/account/exports/{export_id}/archive"} <= asks


async def test_an_operators_write_cannot_be_made_without_it() -> None:
    routes = Routes()
    with pytest.raises(RuntimeError, match="confirmed=True"):
        routes.post("/x", access=Access.OPERATOR, limit=GENERAL)
    with pytest.raises(RuntimeError, match="confirmed=True"):
        routes.post("/x", access=Access.OPERATOR, limit=GENERAL, confirmed=True, unconfirmed="both")
    routes.post("/x", access=Access.OPERATOR, limit=GENERAL, unconfirmed="it only looks")


async def test_every_operators_write_asks_or_says_why_not(app: FastAPI) -> None:
    writes = [(route, rule) for route, rule in rules(app) if rule.access is Access.OPERATOR]
    writes = [(route, rule) for route, rule in writes if route.methods != {"GET"}]
    assert len(writes) >= 18
    assert all(rule.confirmed or rule.unconfirmed for _, rule in writes)
    assert sum(rule.confirmed is True for _, rule in writes) >= 16

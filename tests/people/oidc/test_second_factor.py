"""A provider's word is one step: who has a second factor here is asked for it, and what the provider said is kept."""

from __future__ import annotations

import httpx
from fastapi import FastAPI
from tests.people.factors.conftest import code_of, set_up_app, signed_in
from tests.people.mailbox import rows
from tests.people.oidc.conftest import Walk
from tests.people.oidc.test_links import LINK
from tests.roles import Person

from atelier.spine import Studio


async def test_after_the_provider_comes_the_code(
    app: FastAPI, studio: Studio, visitor: httpx.AsyncClient, walk: Walk, maker: Person
) -> None:
    await walk(maker.client, LINK)
    secret, _ = await set_up_app(maker)
    half = await walk(visitor, data={"next": "/library"})
    assert (half.status_code, half.headers["location"]) == (303, "/sign-in/second")
    assert (await signed_in(visitor)).status_code == 401
    assert rows(studio, "SELECT * FROM provider_sessions") == []
    done = await visitor.post("/sign-in/second", data={"code": code_of(secret)})
    assert (done.status_code, done.headers["location"]) == (303, "/library")
    assert (await signed_in(visitor)).json()["id"] == str(maker.member_id)
    joined = "SELECT p.provider, p.hint FROM provider_sessions p JOIN sessions s ON s.id = session_id"
    (kept,) = rows(studio, joined)
    assert kept["provider"] == "corner"
    assert kept["hint"]
    out = await visitor.post("/sign-out")
    assert "id_token_hint" in out.text

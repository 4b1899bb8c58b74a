"""More at once than there is room for: a clear refusal, and everything goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from fastapi import FastAPI
from tests.attacks.test_queries import pages
from tests.conftest import SECRET
from tests.roles import PASSWORD, Person, browser

from atelier.base.db import Acting, connect
from atelier.studio import Studio


async def test_who_finds_every_connection_taken_is_told_so(app: FastAPI, studio: Studio, maker: Person) -> None:
    small = connect(studio.owner_url, "web", SECRET, pool=1)
    small.engine.pool._timeout = 0.1  # type: ignore[attr-defined]  # seconds, instead of ten
    app.state.parts = replace(app.state.parts, web_db=small)
    try:
        async with small.transaction(Acting.nobody()):
            answer = await maker.client.get("/library", headers={"accept": "text/html"})
            assert (answer.status_code, "Try again in a moment" in answer.text) == (503, True)
        await asyncio.sleep(0)
        assert (await maker.client.get("/library")).status_code == 200
    finally:
        await small.close()


async def test_no_page_needs_two_connections_at_once(
    app: FastAPI, studio: Studio, maker: Person, operator: Person
) -> None:
    """With as many requests as connections, each would hold one and wait for another: nobody would be answered."""
    small = {role: connect(studio.owner_url, role, SECRET, pool=1) for role in ("web", "operator")}
    for each in small.values():
        each.engine.pool._timeout = 0.3  # type: ignore[attr-defined]  # seconds, instead of ten
    app.state.parts = replace(app.state.parts, web_db=small["web"], operator_db=small["operator"])
    wanting = set()
    try:
        for path, _ in pages():
            answer = await (operator if path.startswith("/console") else maker).client.get(path)
            if answer.status_code == 503:
                wanting.add(path)
        async with browser(app) as visitor:
            form = {"email": maker.email, "password": PASSWORD}
            signed_in = await visitor.post("/sign-in", data=form)
    finally:
        for each in small.values():
            await each.close()
    assert wanting == set()
    assert signed_in.status_code == 303

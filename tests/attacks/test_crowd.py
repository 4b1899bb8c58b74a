"""More at once than there is room for: a clear refusal, and everything goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from fastapi import FastAPI
from tests.attacks.conftest import Endless
from tests.attacks.test_forms import URLENCODED, WRITES
from tests.attacks.test_queries import pages
from tests.conftest import SECRET
from tests.roles import PASSWORD, Person, browser

from atelier.base.db import Acting, connect
from atelier.people import sessions
from atelier.spine import Studio
from atelier.web.access import Access


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


async def test_a_run_begins_though_there_is_but_one_connection(app: FastAPI, studio: Studio, maker: Person) -> None:
    small = connect(studio.owner_url, "web", SECRET, pool=1)
    small.engine.pool._timeout = 0.3  # type: ignore[attr-defined]  # seconds, instead of ten
    app.state.parts = replace(app.state.parts, web_db=small)
    try:
        begun = await maker.client.post("/make/image.generate", data={"prompt": "A red boat"})
        piece = {"prompt": "A red boat", "count": "1"}
        shown = await maker.client.post("/make/image.generate", data=piece, headers={"hx-request": "true"})
        wrong = await maker.client.post("/make/image.generate", data={"prompt": ""})
    finally:
        await small.close()
    assert (begun.status_code, shown.status_code, wrong.status_code) == (303, 201, 422)


async def test_nobody_holds_a_connection_while_a_body_comes(
    app: FastAPI, studio: Studio, maker: Person, operator: Person
) -> None:
    """Sixteen who send slowly would have them all otherwise, and nobody else would be answered."""
    app.state.parts = replace(app.state.parts, limiter=Endless())
    holding, read = set(), set()

    async def slowly(route: str) -> AsyncIterator[bytes]:
        for piece in (b"prompt=a", b"&model=", b""):
            await asyncio.sleep(0)
            read.add(route)
            if any(each.engine.pool.checkedout() for each in (studio.web_db, studio.operator_db)):  # type: ignore[attr-defined]
                holding.add(route)
            yield piece

    for method, path, access in WRITES:
        person = operator if access in (Access.OPERATOR, Access.SUPPORT) else maker
        async with studio.web_db.transaction(Acting.member(person.member_id)) as db:  # the last write may have ended it
            secret = await sessions.start(db, member_id=person.member_id, agent="tests", address="127.0.0.1")
        async with browser(app, secret) as client:
            for kind in (URLENCODED, "multipart/form-data; boundary=b", "application/json"):
                await client.request(method, path, content=slowly(f"{method} {path}"), headers={"content-type": kind})
    assert holding == set()
    assert len(read) > 40

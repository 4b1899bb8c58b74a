"""Rooms declare themselves: one line adds a room with its routes, links and background work."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Request, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tests.roles import ORIGIN, move_in
from tests.spine.conftest import maker, studio, told
from tests.spine.conftest import settings as plain_settings

from atelier.app import create_app
from atelier.base.background import Reader, Round
from atelier.base.db import Acting
from atelier.base.events import Event, record
from atelier.jobs.readers import begin
from atelier.limits.limit import PAGES
from atelier.people import invitations
from atelier.rooms import ROOMS
from atelier.settings import Settings
from atelier.spine import Studio
from atelier.web.access import Access
from atelier.web.parts import Here
from atelier.web.room import NavEntry, Room, RoomsDisagree, check
from atelier.web.routes import Routes
from atelier.worker import work_until

__all__ = ["maker", "plain_settings", "studio", "told"]


@pytest.fixture
def settings(plain_settings: Settings) -> Settings:
    return plain_settings.model_copy(update={"url": ORIGIN})


def cellar(path: str = "/cellar", key: str = "x", name: str = "cellar", **more: Any) -> Room:
    routes = Routes(include_in_schema=False)

    @routes.get(path, access=Access.PUBLIC, limit=PAGES)
    async def page() -> dict[str, str]:
        return {"room": "cellar"}

    nav = [NavEntry("keep", path, lambda: "Cellar", "library", key)]
    return Room(name, Path(__file__).parent, routes=lambda: (routes,), nav=nav, **more)


async def test_a_new_room_is_reached_and_stands_in_the_navigation(studio: Studio) -> None:
    app = create_app(studio, rooms=(*ROOMS, cellar()))
    async with studio.signals.running():
        person = await move_in(app, studio.web_db, "Maker")
        async with person.client:
            assert 'href="/cellar" data-key="x"' in (await person.client.get("/wallet")).text
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as visitor:
        assert (await visitor.get("/cellar")).json() == {"room": "cellar"}


async def test_a_new_room_brings_its_page_style_and_script_in_its_own_folder(studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "cellar"
    for name, text in {
        "templates/cellar/page.html": '{% extends "layout.html" %}{% block title %}Cellar{% endblock %}',
        "static/cellar.css": ".cellar { color: var(--ink) }",
        "static/cellar.js": "const depth = 1;",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    routes = Routes(include_in_schema=False)

    @routes.get("/cellar", access=Access.PUBLIC, limit=PAGES)
    async def page(request: Request, here: Here) -> Response:
        return here.templates.page(request, "cellar/page.html")

    app = create_app(studio, rooms=(*ROOMS, Room("cellar", folder, routes=lambda: (routes,))))
    static = app.state.parts.templates.static
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as visitor:
        page_text, welcome = [(await visitor.get(path)).text for path in ("/cellar", "/")]
        for name, content in (("cellar.css", ".cellar{"), ("cellar.js", "const depth")):
            answer = await visitor.get(static.url(name))
            assert content in answer.text
            assert "immutable" in answer.headers["cache-control"]
            assert static.url(name) in page_text
            assert static.url(name) not in welcome


async def test_a_rooms_page_for_operators_stands_in_the_console(studio: Studio) -> None:
    room = cellar("/console/cellar", console=[("/console/cellar", lambda: "Barrels")])
    app = create_app(studio, rooms=(*ROOMS, room))
    async with studio.signals.running():
        async with studio.operator_db.transaction(Acting.for_studio()) as db:
            invitation = await invitations.make_invitation(db)
        operator = await move_in(app, studio.web_db, "Operator", invitation=invitation)
        async with operator.client:
            page = (await operator.client.get("/console")).text
    links = re.findall(r'<a href="(/console[^"]*)"', page.partition('class="segments"')[2].partition("</nav>")[0])
    assert links[0] == "/console"
    assert links[-1] == "/console/cellar"


async def test_a_rooms_background_work_is_done(studio: Studio) -> None:
    done = asyncio.Event()

    async def dig() -> None:
        done.set()

    def rounds(of: Any) -> Sequence[Round]:
        assert of is studio
        return [Round("cellar:dig", 0.1, dig)]

    stop = asyncio.Event()
    working = asyncio.create_task(work_until(studio, stop, rooms=(*ROOMS, cellar(rounds=rounds))))
    async with asyncio.timeout(60):
        await done.wait()
    stop.set()
    await working


async def test_a_rooms_reader_of_events_is_run(studio: Studio) -> None:
    heard = asyncio.Event()

    async def hear(_db: AsyncSession, found: Sequence[Event]) -> None:
        assert [event.kind for event in found] == ["cellar:dug"]
        heard.set()

    def readers(of: Any) -> Sequence[Reader]:
        assert of is studio
        return [Reader("cellar", frozenset({"cellar:dug"}), hear)]

    stop = asyncio.Event()
    await begin(readers(studio)[0], studio.worker_db)
    async with studio.worker_db.transaction(Acting.for_studio()) as db:
        await record(db, "cellar:dug", member=None)
    working = asyncio.create_task(work_until(studio, stop, rooms=(*ROOMS, cellar(readers=readers))))
    async with asyncio.timeout(60):
        await heard.wait()
    stop.set()
    await working


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (cellar("/wallet"), "The route GET /wallet is declared by ledger and by cellar."),
        (cellar(key="l"), "The key l is declared by assets and by cellar."),
        (cellar(name="people"), "The room people is declared by people and by people."),
    ],
    ids=["route", "key", "name"],
)
def test_what_two_rooms_declare_is_refused_with_both_names(room: Room, said: str) -> None:
    with pytest.raises(RoomsDisagree) as refused:
        check((*ROOMS, room))
    assert str(refused.value) == said


def test_each_room_lies_in_its_own_folder() -> None:
    assert all((room.folder / "__init__.py").exists() for room in ROOMS)


@pytest.mark.parametrize("command", ["work", "ledger", "backup", "make"])
def test_what_serves_no_page_loads_no_web_framework(command: str) -> None:
    code = f"import sys, atelier.cli.{command}; sys.exit(sum(name in sys.modules for name in ('fastapi', 'starlette')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("process", ["web", "worker"])
async def test_a_rooms_channel_is_heard_by_web_processes_and_workers(studio: Studio, process: str) -> None:
    heard, told = asyncio.Event(), "a barrel is empty"

    def hear(payload: str) -> None:
        if payload == told:
            heard.set()

    rooms = (*ROOMS, cellar(listens=lambda _studio: {"cellar": hear}))

    async def tell() -> None:
        async with asyncio.timeout(60):
            while not heard.is_set():  # what is sent before it listens is lost
                async with studio.operator_db.transaction(Acting.for_studio()) as db:
                    await db.execute(select(func.pg_notify("cellar", told)))
                await asyncio.sleep(0.05)

    if process == "web":
        app = create_app(studio, rooms=rooms)
        async with app.router.lifespan_context(app):
            await tell()
    else:
        stop = asyncio.Event()
        working = asyncio.create_task(work_until(studio, stop, rooms=rooms))
        await tell()
        stop.set()
        await working

"""C5 and A8: what happens reaches whoever it concerns, once, in order, and nobody who has signed out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI, Request
from sqlalchemy import text
from tests.roles import Person

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.people import sessions
from atelier.studio import Studio
from atelier.web.live import stream
from atelier.web.parts import parts


@pytest.fixture
async def hearing(studio: Studio) -> AsyncIterator[None]:
    async with studio.signals.running():
        await asyncio.wait_for(studio.signals.connected.wait(), 5)
        yield


def listen(
    app: FastAPI,
    person: Person,
    last: str | None = None,
    passing: str | None = None,
    subject: UUID | None = None,
    ends: tuple[str, ...] = (),
) -> AsyncGenerator[str, None]:
    """A stream as the person's browser opens it."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/live",
        "query_string": b"",
        "headers": [(b"cookie", f"atelier={person.secret}".encode())],
        "app": app,
    }

    async def never() -> dict[str, str]:
        await asyncio.sleep(3600)
        raise AssertionError

    request = Request(scope, never)  # a browser that never hangs up
    return stream(request, parts(request), person.member_id, subject=subject, last=last, passing=passing, ends=ends)


async def tell(studio: Studio, person: Person, *kinds: str, subject: UUID | None = None) -> None:
    async with studio.web_db.transaction(Acting.member(person.member_id)) as db:
        for kind in kinds:
            await events.record(db, kind, member=person.member_id, subject=subject)


async def heard(stream: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(stream), 5)


@pytest.mark.usefixtures("hearing")
async def test_a_fact_reaches_its_member_and_nobody_else(
    app: FastAPI, studio: Studio, maker: Person, stranger: Person
) -> None:
    async with aclosing(listen(app, maker)) as mine, aclosing(listen(app, stranger)) as theirs:
        await heard(mine)
        await heard(theirs)
        await tell(studio, maker, "job:queued")
        assert "event: job:queued" in await heard(mine)
        await tell(studio, stranger, "job:failed")
        assert "event: job:failed" in await heard(theirs)  # and not the maker's before it


@pytest.mark.usefixtures("hearing")
async def test_a_stream_goes_on_where_it_was_left(app: FastAPI, studio: Studio, maker: Person) -> None:
    async with aclosing(listen(app, maker)) as first:
        start = (await heard(first)).split("id: ")[1].strip()
    for kind in ("job:queued", "job:started"):
        await tell(studio, maker, kind)
    async with aclosing(listen(app, maker, last=start)) as again:
        await heard(again)
        assert [(await heard(again)).split("event: ")[1].split("\n")[0] for _ in range(2)] == [
            "job:queued",
            "job:started",
        ]


@pytest.mark.usefixtures("hearing")
async def test_a_stream_of_one_thing_reads_nothing_of_others(
    app: FastAPI, studio: Studio, maker: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, other, read = new_id(), new_id(), list[events.Event]()
    after = events.after

    async def counted(*args: Any, **more: Any) -> list[tuple[events.Mark, events.Event]]:
        found = await after(*args, **more)
        read.extend(event for _, event in found)
        return found

    monkeypatch.setattr(events, "after", counted)
    await tell(studio, maker, *["job:started"] * 250, subject=other)
    await tell(studio, maker, "job:queued", subject=job)
    async with aclosing(listen(app, maker, last="0-0", subject=job, ends=("job:succeeded",))) as mine:
        await heard(mine)
        assert "event: job:queued" in await heard(mine)
        await tell(studio, maker, "job:failed", subject=other)
        await tell(studio, maker, "job:succeeded", subject=job)
        assert "event: job:succeeded" in await heard(mine)
        assert await anext(mine, "closed") == "closed"
    assert [event.kind for event in read] == ["job:queued", "job:succeeded"]


@pytest.mark.usefixtures("hearing")
async def test_garbage_for_a_place_means_from_now_on(app: FastAPI, studio: Studio, maker: Person) -> None:
    await tell(studio, maker, "job:queued")
    async with aclosing(listen(app, maker, last="x' OR 1=1")) as now:
        await heard(now)
        await tell(studio, maker, "job:started")
        assert "job:started" in await heard(now)


@pytest.mark.usefixtures("hearing")
async def test_a_passing_message_has_no_id_and_reaches_only_its_member(
    app: FastAPI, studio: Studio, maker: Person
) -> None:
    async with aclosing(listen(app, maker, passing="atelier_progress")) as mine:
        await heard(mine)
        for member in ("00000000-0000-0000-0000-000000000000", str(maker.member_id)):
            async with studio.web_db.transaction(Acting.nobody()) as db:
                payload = f'{{"member": "{member}", "step": 3}}'
                await db.execute(text("SELECT pg_notify('atelier_progress', :payload)"), {"payload": payload})
        assert await heard(mine) == 'event: progress\ndata: {"step":3}\n\n'


@pytest.mark.usefixtures("hearing")
async def test_a_stream_ends_when_its_caller_is_signed_out(app: FastAPI, studio: Studio, maker: Person) -> None:
    async with aclosing(listen(app, maker)) as mine:
        await heard(mine)
        waiting = asyncio.create_task(anext(mine, "closed"))
        await asyncio.sleep(0.1)
        async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
            await sessions.end_others(db, member_id=maker.member_id, but=None)
        said = await asyncio.wait_for(waiting, 2)
        if said != "closed":  # the fact that the session ended may still be told
            said = await asyncio.wait_for(anext(mine, "closed"), 2)
        assert said == "closed"

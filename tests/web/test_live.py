"""C5 and A8: what happens reaches whoever it concerns, once, in order, and nobody who has signed out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import text
from tests.roles import Person

from atelier.base import events
from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id
from atelier.jobs.progress import CHANNEL, read
from atelier.people import sessions
from atelier.spine import Studio
from atelier.web.live import Passing, stream
from atelier.web.parts import parts


@pytest.fixture
async def hearing(studio: Studio) -> AsyncIterator[None]:
    async with studio.signals.running():
        await asyncio.wait_for(studio.signals.connected.wait(), 60)
        yield


def listen(
    app: FastAPI,
    person: Person,
    last: str | None = None,
    passing: Passing | None = None,
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
    async with studio.worker_db.transaction(Acting.member(person.member_id)) as db:
        for kind in kinds:
            await events.record(db, kind, member=person.member_id, subject=subject)


async def heard(stream: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(stream), 60)


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
async def test_a_sixth_stream_takes_the_place_of_the_oldest(
    app: FastAPI, studio: Studio, maker: Person, stranger: Person
) -> None:
    async with AsyncExitStack() as opened:
        theirs = await opened.enter_async_context(aclosing(listen(app, stranger)))
        await heard(theirs)
        mine = [await opened.enter_async_context(aclosing(listen(app, maker))) for _ in range(6)]
        for each in mine:
            await heard(each)
        assert await heard(mine[0]) == "retry: 30000\nevent: replaced\ndata: {}\n\n"
        assert await asyncio.wait_for(anext(mine[0], "closed"), 5) == "closed"
        await tell(studio, maker, "job:queued")
        for each in mine[1:]:
            assert "event: job:queued" in await heard(each)
        streams = app.state.parts.streams
        assert (streams.count(maker.member_id), streams.count(stranger.member_id)) == (5, 1)
        await mine[3].aclose()
        await heard(await opened.enter_async_context(aclosing(listen(app, maker))))
        assert streams.count(maker.member_id) == 5
    assert (streams.count(maker.member_id), streams.count(stranger.member_id)) == (0, 0)


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
async def test_a_passing_message_has_no_id_and_is_read_from_the_members_own_rows(
    app: FastAPI, studio: Studio, maker: Person, stranger: Person
) -> None:
    mine, theirs = new_id(), new_id()
    with psycopg.connect(libpq_url(studio.owner_url)) as owner:
        for job, person in ((mine, maker), (theirs, stranger)):
            owner.execute(
                "INSERT INTO jobs (id, member_id, tool, model, queue, title, input, terms, source, deadline_s,"
                " expected, price, seal) VALUES (%s, %s, 't', 'm', 'q', '', '{}', '{}', 'api', 9, 2, 0, '')",
                [job, person.member_id],
            )
            owner.execute(
                "INSERT INTO job_progress (job_id, position, member_id, step, steps) VALUES (%s, 0, %s, 3, 9)",
                [job, person.member_id],
            )
    async with aclosing(listen(app, maker, passing=Passing(CHANNEL, read))) as stream:
        await heard(stream)
        for job in (theirs, new_id(), mine):  # made up by somebody else, but for the last one's row
            claimed = {"member": str(maker.member_id), "job": str(job), "position": 0, "step": 8, "preview": "/evil"}
            for payload in ("{", "[1]", '{"member": 7}', json.dumps(claimed)):
                async with studio.web_db.transaction(Acting.member(stranger.member_id)) as db:
                    await db.execute(text("SELECT pg_notify('atelier_progress', :payload)"), {"payload": payload})
        told = {"job": str(mine), "position": 0, "step": 3, "steps": 9, "preview": None, "elapsed_s": 0.0}
        assert await heard(stream) == f"event: progress\ndata: {json.dumps(told, separators=(',', ':'))}\n\n"


@pytest.mark.usefixtures("hearing")
async def test_a_stream_ends_when_its_caller_is_signed_out(app: FastAPI, studio: Studio, maker: Person) -> None:
    async with aclosing(listen(app, maker)) as mine:
        await heard(mine)
        waiting = asyncio.create_task(anext(mine, "closed"))
        await asyncio.sleep(0.1)
        async with studio.web_db.transaction(Acting.member(maker.member_id)) as db:
            await sessions.end_others(db, member_id=maker.member_id, but=None)
        said = await asyncio.wait_for(waiting, 60)
        if said != "closed":  # the fact that the session ended may still be told
            said = await asyncio.wait_for(anext(mine, "closed"), 60)
        assert said == "closed"

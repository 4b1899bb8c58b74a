"""B9: a session is read again at most every five minutes, and a forced sign-out takes effect at once everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import psycopg
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import delete, update
from tests.conftest import SECRET
from tests.roles import Person

from atelier.base.crypto import digest
from atelier.base.db import Acting, Database, libpq_url, role_url
from atelier.base.ids import new_id
from atelier.base.signals import Signals
from atelier.people import apps, sessions, tokens
from atelier.people.callers import LASTS, Callers
from atelier.people.identify import access_tokens
from atelier.people.tables import Member, Session
from atelier.web.caller import CHANGED, Role
from atelier.web.scopes import Scope


@dataclass
class Place:
    """One process of two, with its own memory."""

    callers: Callers
    signals: Signals
    person: Person
    time: list[float]
    app: FastAPI

    async def asks(self, method: str = "GET", headers: dict[str, str] | None = None) -> bool:
        """Whether somebody is found; counts what went to the database."""
        sent = headers or {"cookie": f"atelier={self.person.secret}"}
        request = Request(
            {
                "type": "http",
                "method": method,
                "path": "/",
                "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
                "app": self.app,
                "query_string": b"",
            }
        )
        found = await self.callers.identify(request)
        return found is not None and found.member_id == self.person.member_id


@pytest.fixture
async def place(owner_url: str, maker: Person) -> AsyncIterator[Place]:
    signals = Signals(role_url(owner_url, "web", SECRET))
    time = [1000.0]
    callers = Callers(signals, clock=lambda: time[0])
    async with signals.running():
        await asyncio.wait_for(signals.connected.wait(), 60)
        app = maker.client._transport.app  # type: ignore[attr-defined]  # the application that the browser talks to
        yield Place(callers, signals, maker, time, app)


async def gone(place: Place) -> None:
    """Wait until the place knows better; by its own clock no time passes, so only a signal can tell it."""
    async with asyncio.timeout(60):
        while await place.asks():
            await asyncio.sleep(0.01)


async def test_a_hundred_requests_ask_the_database_once(place: Place) -> None:
    for _ in range(100):
        assert await place.asks()
    assert place.callers.asked == 1
    place.time[0] += LASTS + 1
    assert await place.asks()
    assert place.callers.asked == 2


async def test_a_sign_out_anywhere_is_known_everywhere_by_a_signal(place: Place, web_db: Database) -> None:
    assert await place.asks()
    async with web_db.transaction(Acting.member(place.person.member_id)) as db:
        await sessions.end_others(db, member_id=place.person.member_id, but=None)
    await gone(place)


async def test_a_ban_is_known_everywhere_by_a_signal(place: Place, operator_db: Database) -> None:
    assert await place.asks()
    async with operator_db.transaction(Acting.for_studio()) as db:
        await db.execute(update(Member).where(Member.id == place.person.member_id).values(state="banned"))
    await gone(place)


async def test_a_new_role_is_known_everywhere_by_a_signal(place: Place, operator_db: Database) -> None:
    assert await place.asks()
    async with operator_db.transaction(Acting.for_studio()) as db:
        await db.execute(update(Member).where(Member.id == place.person.member_id).values(role=Role.OPERATOR))
    async with asyncio.timeout(60):
        while place.callers.asked == 1:
            await place.asks()
            await asyncio.sleep(0.01)


async def test_a_revoked_token_is_known_everywhere_by_a_signal(place: Place, web_db: Database) -> None:
    member = place.person.member_id
    async with web_db.transaction(Acting.member(member)) as db:
        token, secret = await tokens.create(db, member_id=member, name="t", scopes=Scope)
    bearer = {"authorization": f"Bearer {secret}"}
    assert await place.asks(headers=bearer)
    assert await place.asks(headers=bearer)
    assert place.callers.asked == 1
    async with web_db.transaction(Acting.member(member)) as db:
        await tokens.revoke(db, member_id=member, token_id=token.id)
    async with asyncio.timeout(60):
        while await place.asks(headers=bearer):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("how", ["ban", "sign-out", "reuse"])
async def test_an_access_token_is_dead_everywhere_by_a_signal(
    place: Place, web_db: Database, operator_db: Database, how: str
) -> None:
    member, here = place.person.member_id, place.app.state.parts
    access = access_tokens(here)
    async with web_db.transaction(Acting.member(member)) as db:
        pair = await apps.start(db, access, member_id=member, name="t", address="", scopes=["account:read"])
    bearer = {"authorization": f"Bearer {pair.access}"}
    assert await place.asks(headers=bearer)
    assert await place.asks(headers=bearer)
    assert place.callers.asked == 1
    if how == "ban":
        async with operator_db.transaction(Acting.for_studio()) as db:
            await db.execute(update(Member).where(Member.id == member).values(state="banned"))
    elif how == "sign-out":
        async with web_db.transaction(Acting.member(member)) as db:
            await sessions.end_others(db, member_id=member, but=None)
    else:
        again = partial(apps.refresh, web_db, access, place.app.state.accounts.writer, here.key, secret=pair.refresh)
        await again()
        with pytest.raises(apps.RefreshRefused):
            await again()
    async with asyncio.timeout(60):
        while await place.asks(headers=bearer):
            await asyncio.sleep(0.01)


async def test_a_write_is_never_answered_from_memory(place: Place) -> None:
    assert await place.asks()
    assert await place.asks("POST")
    assert await place.asks()
    assert place.callers.asked == 3


async def test_nothing_is_remembered_while_no_signal_can_be_heard(place: Place) -> None:
    place.signals.connected.clear()
    for _ in range(3):
        assert await place.asks()
    assert place.callers.asked == 3


async def test_a_session_is_not_remembered_beyond_its_end(place: Place, owner_url: str) -> None:

    told = asyncio.Event()
    place.signals.listen(CHANGED, lambda _: told.set())
    with psycopg.connect(libpq_url(owner_url)) as db:
        db.execute("UPDATE sessions SET expires_at = now() + interval '20 seconds'")
    await asyncio.wait_for(told.wait(), 60)
    assert await place.asks()
    asked = place.callers.asked
    place.time[0] += 30
    assert await place.asks()
    assert place.callers.asked == asked + 1


async def test_what_was_read_before_a_sign_out_is_not_remembered_after_it(place: Place, web_db: Database) -> None:
    asking = asyncio.create_task(place.asks())
    await asyncio.sleep(0)
    place.callers._changed(str(new_id()))  # a signal arrives while the database is being asked
    assert await asking
    async with web_db.transaction(Acting.member(place.person.member_id)) as db:
        await db.execute(delete(Session).where(Session.digest == digest(place.person.secret)))
    assert not await place.asks()

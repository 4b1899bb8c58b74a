"""The standing roles: the maker, the buyer, the stranger who tries everything, the operator; each with a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from tests.conftest import SECRET

from atelier.app import create_app
from atelier.base.db import Acting, Database
from atelier.base.ids import new_id
from atelier.bootstrap import open_studio
from atelier.people import invitations, sessions, signup
from atelier.people.passwords import Passwords
from atelier.settings import Settings
from atelier.spine import Studio
from atelier.web.caller import Caller, Role

ORIGIN = "http://studio.test"
PASSWORD = "Seven-red-boats-4"
QUICK = Passwords(passes=1, memory_kib=8)  # a hash in a blink; sign-in takes it and makes a real one


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account and a browser that is signed in."""

    client: httpx.AsyncClient
    member_id: UUID
    caller: Caller
    email: str
    secret: str


def browser(app: FastAPI, secret: str | None = None) -> httpx.AsyncClient:
    """A browser on the studio's pages, signed in if it has a session's secret; it follows no redirect by itself."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=ORIGIN,
        cookies={"atelier": secret} if secret else None,
        headers={"accept": "text/html", "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"},
    )


async def move_in(
    app: FastAPI, web_db: Database, name: str, *, invitation: str | None = None, password: str = PASSWORD
) -> Person:
    """Open an account and a session for it."""
    member_id, email = new_id(), f"{name.lower()}@example.org"
    hashed = await QUICK.hash(password)
    async with web_db.transaction(Acting.member(member_id)) as db:
        await signup.sign_up(db, member_id=member_id, email=email, name=name, password_hash=hashed)
        role = await invitations.accept(db, invitation) if invitation else Role.MEMBER
        secret = await sessions.start(db, member_id=member_id, agent="tests", address="127.0.0.1")
        session_id = (await sessions.list_sessions(db, member_id=member_id))[0].id
    return Person(
        browser(app, secret), member_id, Caller(member_id, name, email, role, session_id=session_id), email, secret
    )


@pytest.fixture
def settings(tmp_path: Path, owner_url: str) -> Settings:
    """A studio's settings on a fresh database and an empty data folder."""
    return Settings(home=tmp_path, url=ORIGIN, database_url=SecretStr(owner_url), secret=SecretStr(SECRET))


@pytest.fixture
async def studio(settings: Settings) -> AsyncIterator[Studio]:
    """The studio with all its parts, as bootstrap opens it."""
    async with open_studio(settings) as opened:
        yield opened


@pytest.fixture
def app(studio: Studio) -> FastAPI:
    """The whole application."""
    return create_app(studio)


@pytest.fixture
async def people() -> AsyncIterator[AsyncExitStack]:
    """Closes their browsers when the test is over."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def visitor(app: FastAPI, people: AsyncExitStack) -> httpx.AsyncClient:
    """A browser of somebody who is not signed in."""
    return await people.enter_async_context(browser(app))


async def _person(app: FastAPI, web_db: Database, people: AsyncExitStack, name: str) -> Person:
    person = await move_in(app, web_db, name)
    await people.enter_async_context(person.client)
    return person


@pytest.fixture
async def maker(app: FastAPI, web_db: Database, people: AsyncExitStack) -> Person:
    """A member who makes things."""
    return await _person(app, web_db, people, "Maker")


@pytest.fixture
async def buyer(app: FastAPI, web_db: Database, people: AsyncExitStack) -> Person:
    """A member who buys things."""
    return await _person(app, web_db, people, "Buyer")


@pytest.fixture
async def stranger(app: FastAPI, web_db: Database, people: AsyncExitStack) -> Person:
    """A member who owns nothing here and tries everything."""
    return await _person(app, web_db, people, "Stranger")


@pytest.fixture
async def operator(app: FastAPI, web_db: Database, operator_db: Database, people: AsyncExitStack) -> Person:
    """Who runs the studio."""
    async with operator_db.transaction(Acting.for_studio()) as db:
        invitation = await invitations.make_invitation(db)
    person = await move_in(app, web_db, "Operator", invitation=invitation)
    await people.enter_async_context(person.client)
    return person

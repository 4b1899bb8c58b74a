"""A maker with one of everything that a member can have, and the hands that pack and erase it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
import pytest
from sqlalchemy import select
from tests.assets.conftest import picture
from tests.people.mailbox import rows
from tests.roles import Person

from atelier import jobs, ledger
from atelier.assets import Asset, add, keep
from atelier.base.crypto import derive
from atelier.base.db import Acting, libpq_url
from atelier.ops.audit.guests import QUEUED
from atelier.ops.audit.rows import Owner, one_of_each
from atelier.people import tokens
from atelier.people.leaving import exports
from atelier.people.leaving.erase import Eraser
from atelier.people.leaving.fill import Exporter
from atelier.people.leaving.tables import Export
from atelier.spine import JobRequest, Studio, begin
from atelier.web.scopes import Scope

MARKER = "secretfjord"  # stands in everything that the maker wrote


@pytest.fixture
def exporter(studio: Studio) -> Exporter:
    return Exporter(studio.worker_db, studio.assets.store, studio.accounts.writer)


@pytest.fixture
def eraser(studio: Studio) -> Eraser:
    return Eraser(studio.worker_db, studio.assets.store, partial(derive, studio.secret))


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(libpq_url(owner_url))
    yield connection
    await connection.close()


@dataclass(frozen=True, slots=True)
class Full:
    """A member with something in every table, and the files among it."""

    person: Person
    assets: list[Asset]


async def furnish(studio: Studio, owner: Owner, person: Person, words: str = MARKER) -> Full:
    """Give a member files, credits with a past, and one row in every table that somebody can own something in."""
    assets = []
    for number in range(2):
        settings = {"tool": "image.generate", "model": "sketch", "input": {"prompt": f"{words} {number}"}}
        kept = await keep(studio.assets.store, person.member_id, picture(), "image/png", settings=settings)
        async with studio.worker_db.transaction(Acting.member(person.member_id)) as db:
            assets.append(await add(db, kept, title=f"{words} {number}"))
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        await ledger.grant(db, member_id=person.member_id, amount=30, key=f"test {person.member_id}", memo=words)
    async with studio.web_db.transaction(Acting.member(person.member_id)) as db:
        await tokens.create(db, member_id=person.member_id, name=words, scopes=[Scope.JOBS_READ])
        wish = JobRequest("image.generate", {"prompt": words, "count": 2})
        await jobs.cancel(db, await begin(db, studio, person.member_id, wish))
    made, faults = await one_of_each(owner, person.member_id, words, QUEUED)
    assert [fault for fault in faults if "duplicate key" not in fault] == []  # a second member lacks some
    assert len(made) > 10
    await owner.execute("DELETE FROM departures WHERE member_id = $1", person.member_id)
    await owner.execute("DELETE FROM exports WHERE member_id = $1", person.member_id)
    return Full(person, assets)


@pytest.fixture
async def full(studio: Studio, owner: Owner, maker: Person) -> Full:
    return await furnish(studio, owner, maker)


async def ask(studio: Studio, member_id: UUID) -> Export:
    async with studio.web_db.transaction(Acting.member(member_id)) as db:
        return await exports.ask(db, member_id=member_id)


async def look(studio: Studio, export: Export) -> Export:
    async with studio.web_db.transaction(Acting.member(export.member_id)) as db:
        found = await db.scalar(select(Export).where(Export.id == export.id))
        assert found is not None
        return found


async def packed(studio: Studio, exporter: Exporter, member_id: UUID) -> zipfile.ZipFile:
    """Ask for an export, have it made, and open it."""
    export = await ask(studio, member_id)
    await exporter.run(str(export.id), str(member_id))
    done = await look(studio, export)
    assert (done.state, done.error_message) == ("ready", None)
    assert done.path is not None
    return zipfile.ZipFile(BytesIO(await studio.assets.store.get(done.path)))


def read(archive: zipfile.ZipFile, name: str) -> Any:
    return json.loads(archive.read(name))


def below(studio: Studio, member_id: UUID) -> list[str]:
    """Every file under a member's name, half written ones too."""
    assert studio.assets.store.folder is not None
    folder: Path = studio.assets.store.folder / str(member_id)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def due(studio: Studio, member_id: UUID) -> None:
    """The days of grace are over."""
    rows(studio, "UPDATE departures SET due_at = now() WHERE member_id = %s", member_id)


def everything(studio: Studio) -> dict[str, list[str]]:
    """Every row of every table as text."""
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        tables = [row[0] for row in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {
            table: [row[0] for row in db.execute(f"SELECT t::text FROM {table} t".encode()).fetchall()]
            for table in tables
        }

"""A maker and a stranger with files of their own, in a real folder and a real database."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tests.roles import Person

from atelier.assets import Asset, Assets, Store, add, keep
from atelier.base.db import Acting, Database
from atelier.base.ids import new_id
from atelier.jobs import Job
from atelier.spine import Studio

SECRET = "a-secret-for-tests-0123456789-abcdefghij"
SETTINGS = {"tool": "image.generate", "model": "sketch", "input": {"prompt": "A red boat, “calm” sea <b>", "seed": 7}}


def picture(kind: str = "PNG", size: tuple[int, int] = (90, 120), colour: str = "#b93a22") -> bytes:
    """A small picture with something to see in it."""
    drawn = Image.new("RGB", size, colour)
    drawn.paste("#f7f5f1", (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2))
    out = io.BytesIO()
    drawn.save(out, kind)
    return out.getvalue()


async def job_of(db: AsyncSession, member_id: UUID) -> UUID:
    """The id of a new job of that member's; `db` acts for the studio."""
    id = new_id()
    row = {
        "tool": "image.generate",
        "model": "sketch",
        "queue": "none",
        "title": "",
        "input": {},
        "terms": {},
        "seal": b"",
    }
    await db.execute(
        insert(Job)
        .values(id=id, member_id=member_id, deadline_s=1, expected=9, made=0, price=0, source="api", **row)
        .inline()
    )
    return id


@pytest.fixture
def assets(studio: Studio) -> Assets:
    return studio.assets


@pytest.fixture
def store(assets: Assets) -> Store:
    return assets.store


@pytest.fixture
def folder(store: Store) -> Path:
    assert store.folder is not None
    return store.folder


Put = Callable[..., Awaitable[Asset]]


@pytest.fixture
def put(web_db: Database, assets: Assets) -> Put:
    """Puts a made picture into a person's library: `await put(maker, "A red boat", size=(90, 120))`."""

    async def put(person: Person, title: str = "A red boat", **more: Any) -> Asset:
        settings = more.pop("settings", SETTINGS)
        data = more.pop("data", None) or picture(**{k: more.pop(k) for k in ("size", "colour") if k in more})
        content_type = more.pop("content_type", "image/png")
        kept = await keep(assets.store, person.member_id, data, content_type, settings=settings)
        async with web_db.transaction(Acting.member(person.member_id)) as db:
            return await add(db, kept, title=title, **more)

    return put


def files(folder: Path) -> list[str]:
    """Every file under `folder`, half written ones included."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

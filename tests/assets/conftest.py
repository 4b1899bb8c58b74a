"""A maker and a stranger with files of their own, in a real folder and a real database."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image
from tests.roles import Person

import atelier
from atelier.assets import Asset, Assets, Store, add, api, keep, pages
from atelier.assets import files as file_routes
from atelier.base.db import Acting, Database
from atelier.limits import Limiter
from atelier.web.parts import Parts
from atelier.web.templates import Templates

SECRET = "a-secret-for-tests-0123456789-abcdefghij"
SETTINGS = {"tool": "image.generate", "model": "sketch", "input": {"prompt": "A red boat, “calm” sea <b>", "seed": 7}}


def picture(kind: str = "PNG", size: tuple[int, int] = (90, 120), colour: str = "#b93a22") -> bytes:
    """A small picture with something to see in it."""
    drawn = Image.new("RGB", size, colour)
    drawn.paste("#f7f5f1", (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2))
    out = io.BytesIO()
    drawn.save(out, kind)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def store(folder: Path) -> Store:
    return Store.open(folder)


@pytest.fixture
def assets(folder: Path) -> Assets:
    return Assets.open(folder, SECRET)


@pytest.fixture
def app(app: FastAPI, assets: Assets) -> FastAPI:
    """The application of the standing roles with the library in it."""
    here: Parts = app.state.parts
    rooms = Path(atelier.__file__).parent
    folders = [rooms / room / "templates" for room in ("web", "people", "ops", "assets")]
    app.state.store = assets
    app.state.parts = replace(here, templates=Templates(folders), limiter=Limiter())
    for routes in (api.routes, pages.routes, file_routes.routes):
        app.include_router(routes)
    return app


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

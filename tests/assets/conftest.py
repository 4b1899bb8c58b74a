"""A maker and a stranger with files of their own, in a real folder and a real database."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from PIL import Image

from atelier.assets import Assets, Store
from atelier.base.db import libpq_url
from atelier.base.ids import new_id

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


def member(owner_url: str, name: str) -> UUID:
    """A new member, written by the owner."""
    id = new_id()
    with psycopg.connect(libpq_url(owner_url)) as db:
        db.execute("INSERT INTO members (id, email, name) VALUES (%s, %s, %s)", [id, f"{name}-{id}@example.org", name])
    return id


@pytest.fixture
def maker(owner_url: str) -> UUID:
    return member(owner_url, "maker")


@pytest.fixture
def stranger(owner_url: str) -> UUID:
    return member(owner_url, "stranger")


def files(folder: Path) -> list[str]:
    """Every file under `folder`, half written ones included."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

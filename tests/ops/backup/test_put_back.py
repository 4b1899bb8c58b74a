"""Taking a backup and putting it back: the catalog is never overwritten, and each file is looked at once."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from tests.conftest import SECRET

from atelier.assets import Store
from atelier.base import migrate
from atelier.base.db import libpq_url
from atelier.base.ids import new_id
from atelier.base.postgres import EmbeddedPostgres
from atelier.bootstrap import open_studio
from atelier.catalog.catalog import DEFAULT
from atelier.ops.backup import BadArchive, Manifest, NotEmpty, put_back, take
from atelier.ops.backup.archive import Entry
from atelier.settings import Settings
from atelier.spine import Studio

MINE = DEFAULT.read_bytes() + b"# mine\n"

Restore = Callable[[Path], Awaitable[None]]


@pytest.fixture
async def studio(tmp_path: Path, owner_url: str) -> AsyncIterator[Studio]:
    """A studio with two files and a catalog of its own."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "catalog.toml").write_bytes(MINE)
    settings = Settings(home=home, database_url=SecretStr(owner_url), secret=SecretStr(SECRET))
    async with open_studio(settings) as opened:
        for name in ("a", "b"):
            await opened.assets.store.put(f"{name}.txt", name.encode(), "text/plain")
        yield opened


@pytest.fixture
def empty(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The owner's URL of a database with nothing in it."""
    name = f"t{new_id().hex}"
    yield migrate.create_database(postgres.url(), name)
    with psycopg.connect(libpq_url(postgres.url()), autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
async def manifest(studio: Studio, tmp_path: Path) -> Manifest:
    return await take(studio, tmp_path / "studio.tar")


@pytest.fixture
def restore(tmp_path: Path, manifest: Manifest, empty: str) -> Restore:
    """Puts the studio back into empty places, its catalog where one says."""

    async def restored(catalog: Path) -> None:
        await put_back(
            tmp_path / "studio.tar",
            manifest,
            owner_url=empty,
            secret=SECRET,
            store=Store.open(tmp_path / "files"),
            catalog=catalog,
            scratch=tmp_path / "scratch",
        )

    return restored


@pytest.mark.parametrize("there", [None, DEFAULT.read_bytes(), MINE], ids=["none", "the release's", "the same"])
async def test_a_catalog_that_nobody_wrote_is_put_back(there: bytes | None, restore: Restore, tmp_path: Path) -> None:
    catalog = tmp_path / "elsewhere" / "catalog.toml"
    if there is not None:
        catalog.parent.mkdir()
        catalog.write_bytes(there)
    await restore(catalog)
    assert catalog.read_bytes() == MINE
    assert list(catalog.parent.iterdir()) == [catalog]
    assert (tmp_path / "files" / "b.txt").read_bytes() == b"b"


async def test_a_catalog_that_somebody_wrote_is_left_alone(restore: Restore, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.toml"
    catalog.write_bytes(b"# another\n")
    with pytest.raises(NotEmpty, match=r"catalog\.toml holds other models"):
        await restore(catalog)
    assert catalog.read_bytes() == b"# another\n"
    assert not any((tmp_path / "files").glob("**/*.txt"))


async def test_a_damaged_archive_changes_no_catalog(restore: Restore, manifest: Manifest, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.toml"
    catalog.write_bytes(DEFAULT.read_bytes())
    manifest.entries["files/b.txt"].bytes += 1
    with pytest.raises(BadArchive, match="is damaged"):
        await restore(catalog)
    assert catalog.read_bytes() == DEFAULT.read_bytes()


async def test_a_backup_looks_at_each_file_once(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    class Counted(Entry):
        def __getattribute__(self, name: str) -> Any:
            nonlocal looks
            looks += name == "bytes"
            return super().__getattribute__(name)

    monkeypatch.setattr(sys.modules["atelier.ops.backup.take"], "Entry", Counted)
    for number in range(98):
        await studio.assets.store.put(f"{number}.txt", b"x", "text/plain")
    assert (await take(studio, tmp_path / "studio.tar")).files == 100
    assert looks <= 2 * 102  # with the database and the catalog

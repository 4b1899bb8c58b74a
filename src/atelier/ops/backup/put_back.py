"""Putting a backup back: into an empty database and an empty store, each entry proved on its way."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from atelier.assets import Store
from atelier.base import migrate
from atelier.base.db import libpq_url
from atelier.base.migrate import NotEmpty
from atelier.base.whole import write_whole
from atelier.catalog.catalog import DEFAULT
from atelier.ops.backup.archive import CATALOG, DATABASE, FILES, BadArchive, Manifest, checked, entries
from atelier.ops.backup.programs import restore


async def put_back(
    archive: Path,
    manifest: Manifest,
    *,
    owner_url: str,
    secret: str,
    store: Store,
    catalog: Path,
    scratch: Path | None = None,
) -> None:
    """Fill the database, the store and the catalog from an archive, and bring them to this release's shape.

    What is unpacked on the way lies in `scratch`, or where temporary files do. Raises `NotEmpty` before anything is
    written, `BadArchive` for one that is damaged or of a newer release.
    """
    if not migrate.knows(manifest.migration):
        raise BadArchive(
            f"{archive} was made by release {manifest.release}, whose database is newer than this release knows."
            " Use that release, or a newer one, to restore it."
        )
    _check_catalog(manifest, catalog)
    await asyncio.to_thread(migrate.refuse_tables, owner_url)
    async for listed in store.list(size=1):
        if listed:
            raise NotEmpty("The store already holds files; restore into an empty one.")
    with _room(scratch) as folder:
        await _unpack(archive, manifest, store, Path(folder))
        _put_catalog(Path(folder) / CATALOG, catalog)  # every entry is proved by now
        await asyncio.to_thread(migrate.create_roles, owner_url, secret)
        await asyncio.to_thread(_stand_in, owner_url, manifest.owner)
        await asyncio.to_thread(restore, owner_url, Path(folder) / DATABASE)
    await asyncio.to_thread(migrate.upgrade, owner_url, secret)


def _room(scratch: Path | None) -> tempfile.TemporaryDirectory[str]:
    """A folder for what is unpacked on the way."""
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="atelier-restore-", dir=scratch)


async def _unpack(archive: Path, manifest: Manifest, store: Store, folder: Path) -> None:
    """The files into the store, the database's dump and the catalog into a folder."""
    for name, content, expected in entries(archive, manifest):
        if name.startswith(FILES):
            data = b"".join(checked(name, content, expected))
            path = name.removeprefix(FILES)
            await store.put(path, data, mimetypes.guess_type(path)[0] or "application/octet-stream")
        elif name in (DATABASE, CATALOG):
            with (folder / name).open("wb") as out:
                for chunk in checked(name, content, expected):
                    out.write(chunk)


def _check_catalog(manifest: Manifest, catalog: Path) -> None:
    """Refuse to replace a catalog, unless it is the release's own or the archive's."""
    within = manifest.entries.get(CATALOG)
    if within is None or not catalog.exists():
        return
    there = catalog.read_bytes()
    if there != DEFAULT.read_bytes() and hashlib.sha256(there).hexdigest() != within.sha256:
        raise NotEmpty(
            f"{catalog} holds other models than the archive, and a restore overwrites nothing: move it away,"
            " or name an empty folder with --into."
        )


def _put_catalog(found: Path, catalog: Path) -> None:
    """Write the catalog whole or not at all; one that is the same already may lie where nobody can write."""
    if not found.exists() or (catalog.exists() and catalog.read_bytes() == found.read_bytes()):
        return
    catalog.parent.mkdir(parents=True, exist_ok=True)
    write_whole(catalog, found.read_bytes())


def _stand_in(owner_url: str, owner: str) -> None:
    """Let this database's owner stand in for the one that the dump's policies name, where it is called otherwise."""
    here = make_url(owner_url).username or ""
    if not owner or owner == here:
        return
    with psycopg.connect(libpq_url(owner_url)) as db:
        if db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [owner]).fetchone() is None:
            db.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(owner)))
            db.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(owner), sql.Identifier(here)))

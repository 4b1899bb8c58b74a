"""Putting a backup back: into an empty database and an empty store, each entry proved on its way."""

from __future__ import annotations

import asyncio
import mimetypes
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from atelier.assets import Store
from atelier.base import migrate
from atelier.base.db import libpq_url
from atelier.base.errors import Conflict
from atelier.ops.backup.archive import CATALOG, DATABASE, FILES, BadArchive, Manifest, checked, entries
from atelier.ops.backup.programs import restore


class NotEmpty(Conflict):
    """Something is there already, and a restore overwrites nothing."""

    code = "not_empty"


async def put_back(
    archive: Path, manifest: Manifest, *, owner_url: str, secret: str, store: Store, catalog: Path
) -> None:
    """Fill the database, the store and the catalog from an archive, and bring them to this release's shape.

    Raises `NotEmpty` before anything is written, `BadArchive` for one that is damaged or of a newer release.
    """
    if not migrate.knows(manifest.migration):
        raise BadArchive(
            f"{archive} was made by release {manifest.release}, whose database is newer than this release knows."
            " Use that release, or a newer one, to restore it."
        )
    await asyncio.to_thread(_check_empty, owner_url)
    async for listed in store.list(size=1):
        if listed:
            raise NotEmpty("The store already holds files; restore into an empty one.")
    with tempfile.TemporaryDirectory(prefix="atelier-restore-", dir=catalog.parent) as folder:
        await _unpack(archive, manifest, store, catalog, Path(folder) / DATABASE)
        await asyncio.to_thread(migrate.create_roles, owner_url, secret)
        await asyncio.to_thread(_stand_in, owner_url, manifest.owner)
        await asyncio.to_thread(restore, owner_url, Path(folder) / DATABASE)
    await asyncio.to_thread(migrate.upgrade, owner_url, secret)


async def _unpack(archive: Path, manifest: Manifest, store: Store, catalog: Path, dumped: Path) -> None:
    for name, content, expected in entries(archive, manifest):
        if name.startswith(FILES):
            data = b"".join(checked(name, content, expected))
            path = name.removeprefix(FILES)
            await store.put(path, data, mimetypes.guess_type(path)[0] or "application/octet-stream")
        elif name in (DATABASE, CATALOG):
            with (dumped if name == DATABASE else catalog).open("wb") as out:
                for chunk in checked(name, content, expected):
                    out.write(chunk)


def _check_empty(owner_url: str) -> None:
    with psycopg.connect(libpq_url(owner_url)) as db:
        row = db.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if row is None or row[0]:
        raise NotEmpty("The database already holds tables; restore into an empty one.")


def _stand_in(owner_url: str, owner: str) -> None:
    """Let this database's owner stand in for the one that the dump's policies name, where it is called otherwise."""
    here = make_url(owner_url).username or ""
    if not owner or owner == here:
        return
    with psycopg.connect(libpq_url(owner_url)) as db:
        if db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [owner]).fetchone() is None:
            db.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(owner)))
            db.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(owner), sql.Identifier(here)))

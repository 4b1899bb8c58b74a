"""Taking a backup of a running studio."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import tarfile
from pathlib import Path

from sqlalchemy import make_url

from atelier import __version__
from atelier.assets import Store
from atelier.base import migrate
from atelier.base.clock import now
from atelier.base.errors import NotFound
from atelier.base.whole import partial_file, writing_whole
from atelier.ops.backup.archive import CATALOG, CHUNK, DATABASE, FILES, FORMAT, MANIFEST, Entry, Manifest
from atelier.ops.backup.programs import dump
from atelier.spine import Studio

PRIVATE = 0o600  # a backup holds everybody's work


async def take(studio: Studio, out: Path, *, share: float = 1.0) -> Manifest:
    """Write a backup to `out`, which appears whole or not at all; of the files a `share` by chance, for a rehearsal.

    The database is dumped first: a file is stored before its row is written, so all that the dump names is still to
    come. A file that its member let go meanwhile is left out.
    """
    entries: dict[str, Entry] = {}
    with (
        writing_whole(out, mode=PRIVATE) as raw,
        tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        with partial_file(out, mode=PRIVATE) as (dumped, _):
            await asyncio.to_thread(dump, studio.owner_url, dumped)
            entries[DATABASE] = await asyncio.to_thread(_add_file, tar, DATABASE, dumped)
        if studio.catalog.path.exists():
            entries[CATALOG] = _add(tar, CATALOG, studio.catalog.path.read_bytes())
        await _add_store(tar, studio.assets.store, entries, share)
        manifest = Manifest(
            format=FORMAT,
            release=__version__,
            migration=await asyncio.to_thread(migrate.current, studio.owner_url) or "",
            owner=make_url(studio.owner_url).username or "",
            made_at=now().isoformat(timespec="seconds"),
            entries=entries,
        )
        _add(tar, MANIFEST, manifest.model_dump_json(indent=1).encode())
    return manifest


async def _add_store(tar: tarfile.TarFile, store: Store, entries: dict[str, Entry], share: float) -> None:
    async for listed in store.list():
        for found in listed:
            if "#" in found.path or found.path.startswith("checks/"):
                continue  # half written, or written to try the store
            if "/exports/" in found.path:
                continue  # what members fetch within a week, and all of it is here already
            if random.random() >= share:  # noqa: S311 - which ones is no secret
                continue
            try:
                data = await store.get(found.path)
            except NotFound:
                continue
            name = f"{FILES}{found.path}"
            entries[name] = await asyncio.to_thread(_add, tar, name, data)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> Entry:
    tar.addfile(_head(name, len(data)), io.BytesIO(data))
    return Entry(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> Entry:
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
        size = content.tell()
        content.seek(0)
        tar.addfile(_head(name, size), content)
    return Entry(bytes=size, sha256=digest.hexdigest())


def _head(name: str, size: int) -> tarfile.TarInfo:
    head = tarfile.TarInfo(name)
    head.size, head.mode, head.mtime = size, 0o600, int(now().timestamp())
    return head

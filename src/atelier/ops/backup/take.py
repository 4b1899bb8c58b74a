"""Taking a backup of a running studio."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import random
import tarfile
import tempfile
from pathlib import Path
from typing import IO

from sqlalchemy import make_url

from atelier import __version__
from atelier.assets import Store
from atelier.base import migrate
from atelier.base.clock import now
from atelier.base.errors import NotFound
from atelier.ops.backup.archive import CATALOG, CHUNK, DATABASE, FILES, FORMAT, MANIFEST, Entry, Manifest
from atelier.ops.backup.programs import dump
from atelier.studio import Studio


async def take(studio: Studio, out: Path, *, share: float = 1.0) -> Manifest:
    """Write a backup to `out`, which appears whole or not at all; of the files a `share` by chance, for a rehearsal.

    The database is dumped first: a file is stored before its row is written, so all that the dump names is still to
    come. A file that its member let go meanwhile is left out.
    """
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    entries: dict[str, Entry] = {}
    try:
        with _private(partial) as raw:
            with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
                with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", suffix=".dump") as dumped:
                    await asyncio.to_thread(dump, studio.owner_url, Path(dumped.name))
                    entries[DATABASE] = await asyncio.to_thread(_add_file, tar, DATABASE, Path(dumped.name))
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
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def _private(path: Path) -> IO[bytes]:
    """A new file for its owner's eyes alone: a backup holds everybody's work."""
    return open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


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

"""An export's archive in chunks: what was gathered from the database, then every file under the member's name."""

from __future__ import annotations

import re
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from atelier.assets.bundle import Outlet
from atelier.assets.store import CHUNK, Found, Store
from atelier.assets.tables import Asset
from atelier.base.clock import now
from atelier.base.db import Acting, Database
from atelier.base.errors import NotFound
from atelier.people.leaving import rules
from atelier.people.leaving.words import Piece

Told = Callable[[int], Awaitable[None]]  # files so far; raises to stop
_ID = re.compile(r"/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.")


async def pack(
    database: Database,
    store: Store,
    member_id: UUID,
    folder: Path,
    pieces: Sequence[Piece],
    letter: str,
    told: Told,
) -> AsyncIterator[bytes]:
    """The archive. Holds one chunk of one file at a time, and a few hundred bytes for each file that it names."""
    outlet, count = Outlet(), 0
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry("README.txt", now(), packed=True), letter)
        for piece in pieces:
            with (
                archive.open(_entry(piece.name, now(), packed=True), "w", force_zip64=True) as out,
                (folder / piece.name).open("rb") as read,
            ):
                while chunk := read.read(CHUNK):
                    out.write(chunk)
                    yield outlet.take()
                    await told(count)
        async for listed in store.list(f"{member_id}/"):
            for found, name in await _named(database, member_id, listed):
                chunks = store.stream(found.path)
                try:
                    first = await anext(chunks, b"")
                except NotFound:
                    continue  # let go meanwhile
                with archive.open(_entry(name, found.at, size=found.size), "w", force_zip64=True) as out:
                    out.write(first)
                    yield outlet.take()
                    async for chunk in chunks:
                        out.write(chunk)
                        yield outlet.take()
                        await told(count)
                count += 1
                await told(count)
    yield outlet.take()


async def _named(database: Database, member_id: UUID, listed: Sequence[Found]) -> list[tuple[Found, str]]:
    """Which of the files that lie in the store come along, and what each is called in the archive."""
    ids = {found.path: UUID(match[1]) for found in listed if (match := _ID.search(found.path))}
    async with database.transaction(Acting.member(member_id)) as db:
        rows = (await db.execute(select(Asset).where(Asset.id.in_(set(ids.values()))))).scalars()
        assets = {asset.id: asset for asset in rows}
    named = []
    for found in listed:
        asset = assets.get(ids[found.path]) if found.path in ids else None
        if asset is not None and found.path == asset.path:
            named.append((found, rules.name_in_archive(asset)))
        elif asset is None and not found.path.startswith(rules.folder(member_id)) and "#" not in found.path:
            named.append((found, f"files/other/{found.path.partition('/')[2]}"))
    return named


def _entry(name: str, at: datetime, *, packed: bool = False, size: int = 0) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, max(at.timetuple()[:6], (1980, 1, 1, 0, 0, 0)))
    entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    entry.external_attr = 0o644 << 16
    entry.file_size = size
    return entry

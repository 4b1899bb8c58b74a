"""An export's archive in chunks: what was gathered from the database, then every file under the member's name."""

from __future__ import annotations

import re
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from atelier.assets.bundle import Outlet, add_stored, entry
from atelier.assets.store import CHUNK, Found, Store
from atelier.assets.tables import Asset
from atelier.base.clock import now
from atelier.base.db import Acting, Database
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
        archive.writestr(entry("README.txt", now(), packed=True), letter)
        for piece in pieces:
            with (
                archive.open(entry(piece.name, now(), packed=True), "w", force_zip64=True) as out,
                (folder / piece.name).open("rb") as read,
            ):
                while chunk := read.read(CHUNK):
                    out.write(chunk)
                    yield outlet.take()
                    await told(count)
        async for listed in store.list(f"{member_id}/"):
            for found, name in await _named(database, member_id, listed):
                of = entry(name, found.at, size=found.size)
                there = False
                async with aclosing(add_stored(archive, outlet, store, found.path, of)) as chunks:
                    async for chunk in chunks:
                        there = True
                        yield chunk
                        await told(count)
                if not there:
                    continue  # deleted meanwhile
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

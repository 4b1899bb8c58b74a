"""How a file enters the library, in two steps: `keep` writes it, outside any transaction; `add` writes its row."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets.imprint import write_settings
from atelier.assets.pictures import FORMATS, Thumb, off_loop, thumbnail
from atelier.assets.store import Store
from atelier.assets.tables import Asset, Kind, Source
from atelier.base import events
from atelier.base.clock import now
from atelier.base.ids import new_id

LONGEST_TITLE = 2000
ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "text/plain": "txt",
    "text/markdown": "md",
    "application/json": "json",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies in the store and has no row yet; without one it is swept away after a day."""

    id: UUID
    member_id: UUID
    kind: Kind
    content_type: str
    bytes: int
    sha256: str
    path: str
    thumb_path: str | None = None
    width: int | None = None
    height: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


async def keep(
    store: Store, member_id: UUID, data: bytes, content_type: str, *, settings: Mapping[str, Any] | None = None
) -> Kept:
    """Store a file and, of a picture, its thumbnail; raises `StorageFull`. Hold no transaction meanwhile.

    Trusts `data` to be what `content_type` says: it comes from an engine or from `atelier.assets.intake`. A picture
    carries `settings` ({"tool", "model", "input"}) inside its file from here on.
    """
    id, at = new_id(), now()
    thumb: Thumb | None = None
    thumb_path = None
    if content_type in FORMATS.values():
        data, thumb = await off_loop(_prepared, data, settings or {})
        thumb_path = path_of(member_id, id, at, "thumb.webp")
    path = path_of(member_id, id, at, ENDINGS.get(content_type, "bin"))
    try:
        if thumb and thumb_path:
            await store.put(thumb_path, thumb.data, "image/webp")
        await store.put(path, data, content_type)
    except (Exception, asyncio.CancelledError):
        if thumb_path:
            await asyncio.shield(store.delete(thumb_path))
        raise
    return Kept(
        id=id,
        member_id=member_id,
        kind=kind_of(content_type),
        content_type=content_type,
        bytes=len(data),
        sha256=await off_loop(_sha256, data),
        path=path,
        thumb_path=thumb_path,
        width=thumb.width if thumb else None,
        height=thumb.height if thumb else None,
        settings=settings or {},
    )


async def add(
    db: AsyncSession,
    kept: Kept,
    *,
    job_id: UUID | None = None,
    position: int = 0,
    title: str = "",
    settings: Mapping[str, Any] | None = None,
    source: Source = Source.MADE,
) -> Asset:
    """Put a kept file into its member's library.

    A job's output that is there already stays: that asset is returned, and the second file is swept away.
    """
    values = {
        "id": kept.id,
        "member_id": kept.member_id,
        "job_id": job_id,
        "position": position,
        "kind": kept.kind,
        "source": source,
        "title": clean_title(title),
        "content_type": kept.content_type,
        "bytes": kept.bytes,
        "width": kept.width,
        "height": kept.height,
        "sha256": kept.sha256,
        "path": kept.path,
        "thumb_path": kept.thumb_path,
        "settings": dict(kept.settings if settings is None else settings),
    }
    statement = insert(Asset).values(values)
    if job_id is not None:
        statement = statement.on_conflict_do_nothing(
            index_elements=["job_id", "position"], index_where=text("job_id IS NOT NULL")
        )
    asset = (await db.execute(statement.returning(Asset))).scalar_one_or_none()
    if asset is None:
        there = select(Asset).where(Asset.job_id == job_id, Asset.position == position)
        return (await db.execute(there)).scalar_one()
    facts = {"holds": kept.kind, "source": source} | ({"job": str(job_id)} if job_id else {})
    await events.record(db, "asset:added", member=kept.member_id, subject=kept.id, **facts)
    return asset


def clean_title(title: str) -> str:
    """A title on one line, without signs that cannot be seen, and not longer than the library keeps."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in title).split())[:LONGEST_TITLE]


def kind_of(content_type: str) -> Kind:
    """What a file of that type holds."""
    major = content_type.partition("/")[0]
    return next((kind for kind in Kind if kind.value == major), Kind.FILE)


def path_of(member_id: UUID, asset_id: UUID, at: datetime, ending: str) -> str:
    """Where a file lies: by member, year and month, so that no folder grows without end."""
    return f"{member_id}/{at:%Y/%m}/{asset_id}.{ending}"


def _prepared(data: bytes, settings: Mapping[str, Any]) -> tuple[bytes, Thumb]:
    return write_settings(data, settings), thumbnail(data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

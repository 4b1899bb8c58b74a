"""How a file enters the library, in two steps: `keep` writes it, outside any transaction; `add` writes its row."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets.credentials import Origin
from atelier.assets.store import CHUNK, Store, translated
from atelier.assets.tables import Asset, Source
from atelier.base import events
from atelier.base.clock import now
from atelier.base.errors import BadRequest
from atelier.base.ids import new_id
from atelier.base.kinds import IMAGE, Kind, extension, kind_of
from atelier.base.text import one_line
from atelier.media.notes import Note
from atelier.media.pool import POOL
from atelier.media.refusals import FFmpegMissing, FileUnsupported

LONGEST_TITLE = 2000


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
    notes: Sequence[Note] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)


class Laid(NamedTuple):
    """A file and its small picture in files that vanish when they are closed; `facts` has what was measured.

    The small picture of what has none is empty.
    """

    file: BinaryIO
    thumb: BinaryIO
    facts: Mapping[str, Any] = MappingProxyType({})

    def measured(self, facts: Mapping[str, Any]) -> Laid:
        return self._replace(facts=facts)

    def close(self) -> None:
        self.file.close()
        self.thumb.close()


async def keep(
    store: Store,
    member_id: UUID,
    data: bytes,
    content_type: str,
    *,
    settings: Mapping[str, Any] | None = None,
    asset_id: UUID | None = None,
) -> Kept:
    """Store a file that was made here, with its measures; raises `Refused` if it is not what `content_type` says.

    Raises `StorageFull`. Hold no transaction meanwhile. A picture carries `settings` ({"tool", "model", "input"})
    inside its file from here on.
    """
    with await asyncio.to_thread(store.spool, data) as source:
        return await _keep_open(store, member_id, source, content_type, settings or {}, asset_id)


async def keep_file(
    store: Store,
    member_id: UUID,
    file: Path,
    content_type: str,
    *,
    settings: Mapping[str, Any] | None = None,
    origin: Origin | None = None,
    cover: bool = False,
) -> Kept:
    """The same for a file on this machine's disk, whatever its size.

    With an `origin` a picture is signed. With `cover` nothing can be made out in its small picture, and pages show the
    large one only when they are asked to.
    """
    with await asyncio.to_thread(file.open, "rb") as source:
        return await _keep_open(store, member_id, source, content_type, settings or {}, origin=origin, cover=cover)


async def _keep_open(
    store: Store,
    member_id: UUID,
    source: BinaryIO,
    content_type: str,
    settings: Mapping[str, Any],
    asset_id: UUID | None = None,
    origin: Origin | None = None,
    cover: bool = False,
) -> Kept:
    kind = kind_of(content_type)
    if not kind.verb:
        return await _keep_unopened(store, member_id, source, content_type, settings, asset_id)
    given = {"content_type": content_type, "settings": json_safe(settings), "limits": {}, "made": True, "cover": cover}
    with closing(Laid(store.spool(), store.spool())) as laid, ExitStack() as opened:
        files, sign = [source, laid.file, laid.thumb], None
        if kind is IMAGE and origin is not None:
            given["credentials"] = origin.stated
            files += [opened.enter_context(each.path.open("rb")) for each in origin.ingredients]
            sign = origin.identity.sign
        try:
            verb = "prepare_picture" if kind is IMAGE else kind.verb
            facts = await POOL.run(member_id, verb, files, given, sign=sign)
        except FFmpegMissing:  # what is made here needs no FFmpeg to be kept, only to get a waveform or a poster
            return await _keep_unopened(store, member_id, source, content_type, settings, asset_id)
        except OSError as error:
            raise translated(error) from error
        if facts["content_type"] != content_type:
            raise FileUnsupported(f"This file says that it is {content_type} and is {facts['content_type']}.")
        notes = tuple(Note(note) for note in facts.get("notes", ()))
        return await keep_laid(
            store, member_id, laid.measured(facts), settings=settings, notes=notes, asset_id=asset_id
        )


async def _keep_unopened(
    store: Store,
    member_id: UUID,
    source: BinaryIO,
    content_type: str,
    settings: Mapping[str, Any],
    asset_id: UUID | None,
) -> Kept:
    id, at = asset_id or new_id(), now()
    path = path_of(member_id, id, at, extension(content_type))
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    sha256 = await asyncio.to_thread(_sha256, source)
    await store.put_file(path, source, content_type)
    return Kept(id, member_id, kind_of(content_type), content_type, size, sha256, path, settings=settings)


async def keep_laid(
    store: Store,
    member_id: UUID,
    laid: Laid,
    *,
    settings: Mapping[str, Any] | None = None,
    notes: Sequence[Note] = (),
    asset_id: UUID | None = None,
) -> Kept:
    """Store a measured file and its small picture from their files."""
    id, at, facts = asset_id or new_id(), now(), laid.facts
    content_type: str = facts["content_type"]
    small = path_of(member_id, id, at, "thumb.webp") if laid.thumb.seek(0, io.SEEK_END) else None
    path = path_of(member_id, id, at, extension(content_type))
    try:
        if small is not None:
            await store.put_file(small, laid.thumb, "image/webp")
        await store.put_file(path, laid.file, content_type)
    except (Exception, asyncio.CancelledError):
        if small is not None:
            await asyncio.shield(store.delete(small))
        raise
    return Kept(
        id=id,
        member_id=member_id,
        kind=kind_of(content_type),
        content_type=content_type,
        bytes=facts["bytes"],
        sha256=facts["sha256"],
        path=path,
        thumb_path=small,
        width=facts.get("width"),
        height=facts.get("height"),
        settings=settings or {},
        notes=notes,
        measures=facts.get("measures", {}),
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
        "kind": kept.kind.id,
        "source": source,
        "title": clean_title(title),
        "content_type": kept.content_type,
        "bytes": kept.bytes,
        "width": kept.width,
        "height": kept.height,
        "sha256": kept.sha256,
        "path": kept.path,
        "thumb_path": kept.thumb_path,
        "measures": json_safe(kept.measures),
        "settings": dict(kept.settings if settings is None else settings),
        "notes": list(kept.notes),
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
    facts = {"holds": kept.kind.id, "source": source} | ({"job": str(job_id)} if job_id else {})
    await events.record(db, "asset:added", member=kept.member_id, subject=kept.id, **facts)
    return asset


class BadTitle(BadRequest):
    """A title that the library doesn't keep."""

    code: ClassVar[str] = "bad_title"


def title_of(written: str) -> str:
    """The title that somebody wrote, as the library keeps it; raises `BadTitle` if it is too long or cannot be seen."""
    if len(written) > LONGEST_TITLE:
        raise BadTitle(f"A title has at most {LONGEST_TITLE:,} characters. Nothing was changed.", field="title")
    title = clean_title(written)
    if not title:
        raise BadTitle("A title needs at least one visible character.", field="title")
    return title


def clean_title(title: str) -> str:
    """A title on one line, without characters that cannot be seen, and not longer than the library keeps."""
    return one_line(title, LONGEST_TITLE)


def path_of(member_id: UUID, asset_id: UUID, at: datetime, ending: str) -> str:
    """Where a file lies: by member, year and month, so that no folder grows without end."""
    return f"{member_id}/{at:%Y/%m}/{asset_id}.{ending}"


def json_safe(settings: Mapping[str, Any]) -> Any:
    """Settings as JSON carries them; what JSON does not know becomes its text."""
    return json.loads(json.dumps(settings, default=str))


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()

"""Making an export: each attempt is written under a name of its own, so that after a killed one it only begins anew."""

from __future__ import annotations

import errno
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Update, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets.store import StorageFull, Store
from atelier.assets.tables import Asset
from atelier.base import events
from atelier.base.clock import machine_now, now
from atelier.base.db import Acting, Database, rows_changed
from atelier.base.errors import AtelierError
from atelier.base.log import get_log
from atelier.jobs.background import Again
from atelier.notify import Writer
from atelier.people.leaving import rules, words
from atelier.people.leaving.gather import gather
from atelier.people.leaving.pack import pack
from atelier.people.leaving.tables import Export, State
from atelier.people.tables import Member
from atelier.web import formats, language

EVERY = 1.0  # seconds between two looks whether somebody stopped it


class Stopped(Exception):
    """Its member stopped the export, or another attempt has begun."""


class Who(NamedTuple):
    """Whose export it is."""

    name: str
    email: str
    language: str


@dataclass(frozen=True, slots=True)
class Exporter:
    """What making exports needs."""

    database: Database  # the worker's
    store: Store
    writer: Writer

    async def run(self, export_id: str, member_id: str) -> None:
        """Make one attempt; `Again` where the store does not answer, so that another follows."""
        export = await self._claim(UUID(export_id), UUID(member_id))
        await self.clear(UUID(member_id))
        if export is None:
            return
        if export.attempt > rules.TRIES:
            await self._fail(export, "crashed", "Something broke on our side again and again.")
            return
        path = rules.path(export.member_id, export.id, export.attempt)
        try:
            await self._check_room(export)
            size = await self._write(export, path)
        except Stopped:
            return
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            await self._fail(export, StorageFull.code, StorageFull().message)
        except AtelierError as error:
            if error.retry and error.code != StorageFull.code and export.attempt < rules.TRIES:
                get_log().warning("export:put_off", export=export_id, reason=error.code)
                raise Again(2.0**export.attempt) from error
            await self._fail(export, error.code, error.message)
        else:
            if not await self._ready(export, path, size):
                await self.store.delete(path)
            await self.clear(export.member_id)

    async def _claim(self, export_id: UUID, member_id: UUID) -> Export | None:
        """Begin the next attempt, if the export is still wanted."""
        mine = update(Export).where(Export.id == export_id, Export.state.in_((State.QUEUED, State.RUNNING)))
        begin = mine.values(
            state=State.RUNNING.value,
            attempt=Export.attempt + 1,
            files=0,
            started_at=func.coalesce(Export.started_at, func.now()),
            total=select(func.count()).select_from(Asset).where(Asset.member_id == member_id).scalar_subquery(),
        )
        async with self.database.transaction(Acting.member(member_id)) as db:
            return (await db.execute(begin.returning(Export))).scalar_one_or_none()

    async def _check_room(self, export: Export) -> None:
        """Raise `StorageFull` before anything is written where the archive would take the last room of the disk."""
        free = await self.store.room()
        stored = select(func.coalesce(func.sum(Asset.bytes), 0)).where(Asset.member_id == export.member_id)
        async with self.database.transaction(Acting.member(export.member_id)) as db:
            needed = int(await db.scalar(stored) or 0)
        if free is not None and free < needed + rules.SPARE:
            raise StorageFull

    async def _write(self, export: Export, path: str) -> int:
        """Write the archive; its size in bytes."""
        size, looked = 0, time.monotonic()

        async def told(files: int) -> None:
            nonlocal looked
            if time.monotonic() - looked >= EVERY:
                looked = time.monotonic()
                if not await self._note(export, files):
                    raise Stopped

        with tempfile.TemporaryDirectory(prefix="atelier-export-") as name:
            folder = Path(name)
            async with self.database.transaction(Acting.for_studio(export.member_id)) as db:
                who = await _who(db, export.member_id)
                if who is None:
                    raise Stopped
                with language.speaking(who.language):
                    pieces = await gather(db, export.member_id, folder)
                    made = formats.clock(now())
                    letter = words.readme(who.name, made, pieces, export.total, self.writer.origin)
            chunks = pack(self.database, self.store, export.member_id, folder, pieces, letter, told)

            async def measured() -> AsyncIterator[bytes]:
                nonlocal size
                async for chunk in chunks:
                    if chunk:
                        size += len(chunk)
                        yield chunk

            await self.store.write(path, measured(), "application/zip")
        return size

    async def _note(self, export: Export, files: int) -> bool:
        async with self.database.transaction(Acting.member(export.member_id)) as db:
            return rows_changed(await db.execute(_still(export).values(files=files))) > 0

    async def _ready(self, export: Export, path: str, size: int) -> bool:
        """Say that it is there, by mail too; an older one of the member's goes. False if it is wanted no more."""
        values = {
            "state": State.READY.value,
            "path": path,
            "bytes": size,
            "files": Export.total,
            "finished_at": func.now(),
            "expires_at": func.now() + rules.LASTS,
        }
        async with self.database.transaction(Acting.for_studio(export.member_id)) as db:
            if not rows_changed(await db.execute(_still(export).values(values))):
                return False
            older = update(Export).where(
                Export.member_id == export.member_id, Export.state == State.READY, Export.id != export.id
            )
            await db.execute(older.values(expires_at=func.now()))  # its file goes with the next round
            await events.record(db, "export:ready", member=export.member_id, subject=export.id, bytes=size)
            who = await _who(db, export.member_id)
            if who is not None:
                await self.writer.write(
                    db,
                    "people/mail/export.html",
                    to=who.email,
                    member_id=export.member_id,
                    language=who.language,
                    path="/account/data",
                    name=who.name,
                    bytes=size,
                    until=now() + rules.LASTS,
                )
        get_log().info("export:ready", export=str(export.id), member=str(export.member_id), bytes=size)
        return True

    async def _fail(self, export: Export, code: str, message: str) -> None:
        values = {
            "state": State.FAILED.value,
            "error_code": code,
            "error_message": message,
            "finished_at": func.now(),
        }
        async with self.database.transaction(Acting.member(export.member_id)) as db:
            if rows_changed(await db.execute(_still(export).values(values))):
                await events.record(db, "export:failed", member=export.member_id, subject=export.id, code=code)
        get_log().warning("export:failed", export=str(export.id), code=code)

    async def clear(self, member_id: UUID) -> None:
        """Delete what lies among a member's exports and can be fetched by nobody, half written ones too."""
        await self.store.drop_unfinished(machine_now(), rules.folder(member_id))
        there = [found.path async for listed in self.store.list(rules.folder(member_id)) for found in listed]
        if not there:
            return
        wanted = select(Export.path, Export.id, Export.attempt).where(
            Export.member_id == member_id, Export.state.in_((State.READY, State.RUNNING))
        )
        async with self.database.transaction(Acting.member(member_id)) as db:
            rows = (await db.execute(wanted)).all()
        kept = {row.path or rules.path(member_id, row.id, row.attempt) for row in rows}
        await self.store.delete(*(path for path in there if path not in kept))


def _still(export: Export) -> Update:
    """Our attempt's row, as long as it is ours."""
    return update(Export).where(
        Export.id == export.id, Export.attempt == export.attempt, Export.state == State.RUNNING.value
    )


async def _who(db: AsyncSession, member_id: UUID) -> Who | None:
    wanted = select(Member.name, Member.email, Member.language).where(Member.id == member_id)
    row = (await db.execute(wanted)).one_or_none()
    return Who(*row) if row else None

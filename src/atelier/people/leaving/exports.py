"""Asking for an export, looking after it, and giving it up. `db` acts for the member."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.clock import now
from atelier.base.db import rows_changed
from atelier.base.errors import AtelierError, Conflict, NotFound
from atelier.base.ids import new_id
from atelier.people.leaving import rules
from atelier.people.leaving.tables import Export, State

OPEN = (State.QUEUED, State.RUNNING)


class ExportOver(Conflict):
    """An export that has ended cannot be canceled."""

    code = "export_over"


class ExportGone(AtelierError):
    """The archive is not there any more."""

    code = "export_expired"
    status = 410

    def __init__(self) -> None:
        super().__init__("This archive has expired and is deleted. Ask for a new one.")


class BadExportLink(AtelierError):
    """The link is not one that we signed for this member."""

    code = "bad_link"
    status = 403

    def __init__(self) -> None:
        super().__init__("This link to an archive is incomplete, was changed, or is another member's.")


async def ask(db: AsyncSession, *, member_id: UUID) -> Export:
    """The member's export that is being made; begins one where there is none."""
    while True:
        new = insert(Export).values(id=new_id(), member_id=member_id).on_conflict_do_nothing()
        made = (await db.execute(new.returning(Export.id))).scalar_one_or_none()
        if made is not None:
            await events.record(db, "export:asked", member=member_id, subject=made)
            return await find(db, made)
        there = select(Export).where(Export.member_id == member_id, Export.state.in_(OPEN))
        if (found := await db.scalar(there)) is not None:
            return found


async def find(db: AsyncSession, export_id: UUID) -> Export:
    """One of the acting member's exports, or `NotFound`."""
    found = await db.get(Export, export_id, populate_existing=True)
    if found is None:
        raise NotFound("export")
    return found


async def latest(db: AsyncSession, *, member_id: UUID, before: UUID | None = None, limit: int = 5) -> list[Export]:
    """The member's exports, the newest first, those older than `before`."""
    wanted = select(Export).where(Export.member_id == member_id)
    if before is not None:
        wanted = wanted.where(Export.id < before)
    return list(await db.scalars(wanted.order_by(Export.id.desc()).limit(limit)))


async def count(db: AsyncSession, *, member_id: UUID) -> int:
    """How many exports the member asked for."""
    return int(await db.scalar(select(func.count()).where(Export.member_id == member_id)) or 0)


async def cancel(db: AsyncSession, export_id: UUID) -> Export:
    """Stop an export; its worker notices within two seconds and leaves nothing behind. Twice is the same as once."""
    found = await find(db, export_id)
    if found.state == State.CANCELED:
        return found
    stop = update(Export).where(Export.id == export_id, Export.state.in_(OPEN))
    if not rows_changed(await db.execute(stop.values(state=State.CANCELED.value, finished_at=func.now()))):
        raise ExportOver("This export has already ended.")
    await events.record(db, "export:canceled", member=found.member_id, subject=export_id)
    return await find(db, export_id)


def link(key: bytes, export: Export) -> str | None:
    """Where its member fetches it, for as long as it is there."""
    if export.state != State.READY or export.expires_at is None or export.expires_at <= now():
        return None
    return rules.address(key, export.id, export.member_id, int(export.expires_at.timestamp()))


def check_link(key: bytes, export: Export, until: str, signature: str) -> None:
    """Raise unless the link was signed for this export and its member and still holds."""
    if not (until.isascii() and until.isdigit() and len(until) < 13 and signature.isascii()):
        raise BadExportLink
    if not rules.is_signed(key, export.id, export.member_id, int(until), signature):
        raise BadExportLink
    if export.state != State.READY or export.expires_at is None or export.expires_at <= now():
        raise ExportGone

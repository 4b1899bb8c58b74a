"""What a member does to their own assets: favourite, rename, delete, and take the deletion back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets.keep import title_of
from atelier.assets.library import get
from atelier.assets.tables import Asset
from atelier.base import events
from atelier.base.errors import BadRequest

MOST_AT_ONCE = 500
KEPT_DELETED = timedelta(days=30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TooManySelected(BadRequest):
    """More assets were named than one action takes."""

    code: ClassVar[str] = "too_many_selected"

    def __init__(self) -> None:
        super().__init__(f"Select at most {MOST_AT_ONCE} at a time. Nothing was changed.", field="ids")


class NothingSelected(BadRequest):
    """An action on several assets that names none."""

    code: ClassVar[str] = "nothing_selected"

    def __init__(self) -> None:
        super().__init__("Select something first.", field="ids")


class Deletion(NamedTuple):
    """What went at once: `stamp` names it for `restore`."""

    stamp: str
    assets: int


async def set_favourite(db: AsyncSession, asset_id: UUID, favourite: bool) -> Asset:
    """Mark an asset as a favourite, or not."""
    asset = await get(db, asset_id)
    await db.execute(update(Asset).where(Asset.id == asset_id).values(favourite=favourite))
    if asset.favourite != favourite:
        kind = "asset:favoured" if favourite else "asset:unfavoured"
        await events.record(db, kind, member=asset.member_id, subject=asset_id)
    await db.refresh(asset)
    return asset


async def rename(db: AsyncSession, asset_id: UUID, title: str) -> Asset:
    """Give an asset another title; the search finds it by that from then on."""
    title = title_of(title)
    asset = await get(db, asset_id)
    await db.execute(update(Asset).where(Asset.id == asset_id).values(title=title))
    await events.record(db, "asset:renamed", member=asset.member_id, subject=asset_id)
    await db.refresh(asset)
    return asset


async def delete(db: AsyncSession, member_id: UUID, asset_ids: Sequence[UUID]) -> Deletion:
    """Delete assets; for 30 days they can be restored. What is not the member's, or gone already, is not counted."""
    statement = (
        update(Asset)
        .where(Asset.id.in_(_few(asset_ids)), Asset.deleted_at.is_(None))
        .values(deleted_at=func.now())
        .returning(Asset.id, func.now())
    )
    gone = (await db.execute(statement)).all()
    for id, _ in gone:
        await events.record(db, "asset:deleted", member=member_id, subject=id)
    return Deletion(stamp_of(gone[0][1]) if gone else "", len(gone))


async def restore(db: AsyncSession, member_id: UUID, *, stamp: str = "", asset_ids: Sequence[UUID] = ()) -> int:
    """Take a deletion back, by its stamp or for single assets; returns how many are there again."""
    one = Asset.deleted_at == moment_of(stamp) if stamp else Asset.id.in_(_few(asset_ids))
    statement = update(Asset).where(one, Asset.deleted_at.is_not(None)).values(deleted_at=None).returning(Asset.id)
    back = (await db.execute(statement)).scalars().all()
    for id in back:
        await events.record(db, "asset:restored", member=member_id, subject=id)
    return len(back)


async def deleted_at_once(db: AsyncSession, stamp: str) -> int:
    """How many assets of a deletion are still deleted."""
    counted = select(func.count()).select_from(Asset).where(Asset.deleted_at == moment_of(stamp))
    return int((await db.execute(counted)).scalar_one())


def stamp_of(moment: datetime) -> str:
    """A moment as microseconds since 1970, which is how a deletion is named: all of it has the same."""
    return str((moment - _EPOCH) // timedelta(microseconds=1))


def moment_of(stamp: str) -> datetime:
    """The moment of a stamp; raises `BadRequest`."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 17):
        raise BadRequest("This is not the name of a deletion.", field="deletion")
    return _EPOCH + timedelta(microseconds=int(stamp))


def _few(asset_ids: Sequence[UUID]) -> list[UUID]:
    unique = list(dict.fromkeys(asset_ids))
    if not unique:
        raise NothingSelected
    if len(unique) > MOST_AT_ONCE:
        raise TooManySelected
    return unique

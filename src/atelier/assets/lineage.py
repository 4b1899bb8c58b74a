"""What was made of what: each file that a job works on is a source of each file that it makes.

A row goes with either of its files. What is deleted, or is another member's, is never shown as a source or a use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets.tables import Asset, MadeOf

MOST_SHOWN = 24

# a source that was let go meanwhile is left out; one that is there stays until this transaction ends
_CONNECT = text(
    """INSERT INTO made_of (asset_id, source_id, member_id, field)
       SELECT made.id, source.id, source.member_id, source.field
       FROM (SELECT a.id, a.member_id, wanted.field
             FROM assets a JOIN unnest(:sources, :fields) AS wanted (id, field) ON wanted.id = a.id
             WHERE a.member_id = :member FOR KEY SHARE OF a) source,
            unnest(:made) AS made (id)
       WHERE made.id <> source.id
       ON CONFLICT DO NOTHING"""
).bindparams(
    bindparam("made", type_=ARRAY(Uuid)),
    bindparam("sources", type_=ARRAY(Uuid)),
    bindparam("fields", type_=ARRAY(Text)),
    bindparam("member", type_=Uuid),
)


async def connect(
    db: AsyncSession, member_id: UUID, made: Sequence[UUID], sources: Mapping[str, Sequence[UUID]]
) -> None:
    """Write down that each of `made` was made of all `sources`, by the field of the input that named them."""
    pairs = sorted({(id, field) for field, ids in sources.items() for id in ids}, key=str)
    if made and pairs:
        ids, fields = [id for id, _ in pairs], [field for _, field in pairs]
        await db.execute(_CONNECT, {"made": list(made), "sources": ids, "fields": fields, "member": member_id})


async def sources_of(db: AsyncSession, asset_id: UUID) -> list[Asset]:
    """What an asset was made of, as far as it is still in the member's library."""
    return await _shown(db, Asset.id.in_(select(MadeOf.source_id).where(MadeOf.asset_id == asset_id)))


async def uses_of(db: AsyncSession, asset_id: UUID) -> list[Asset]:
    """What was made of an asset, newest first."""
    return await _shown(db, Asset.id.in_(select(MadeOf.asset_id).where(MadeOf.source_id == asset_id)))


async def ids_of_sources(db: AsyncSession, asset_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The sources of several assets by their ids, as far as they are still in the member's library."""
    found: dict[UUID, list[UUID]] = {}
    statement = (
        select(MadeOf.asset_id, MadeOf.source_id)
        .join(Asset, Asset.id == MadeOf.source_id)
        .where(MadeOf.asset_id.in_(asset_ids), Asset.deleted_at.is_(None))
        .distinct()
        .order_by(MadeOf.source_id)
    )
    for asset_id, source_id in await db.execute(statement):
        found.setdefault(asset_id, []).append(source_id)
    return found


async def _shown(db: AsyncSession, which: ColumnElement[bool]) -> list[Asset]:
    statement = select(Asset).where(which, Asset.deleted_at.is_(None)).order_by(Asset.id.desc()).limit(MOST_SHOWN)
    return list((await db.execute(statement)).scalars())


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a picture; `depth` counts the steps from the first."""

    asset: Asset
    depth: int


# up to the first picture by what was worked on, then down to all that was made of it; `made_of` has no circles, since a
# file is younger than what it is made of
_VERSIONS = text(
    """WITH RECURSIVE up (id, steps) AS (
         SELECT CAST(:asset AS uuid), 0
         UNION SELECT m.source_id, up.steps + 1 FROM up JOIN made_of m ON m.asset_id = up.id AND m.field = 'image'
         WHERE up.steps < :most),
       first AS (SELECT id FROM up ORDER BY steps DESC LIMIT 1),
       down (id, depth, path) AS (
         SELECT id, 0, ARRAY[id] FROM first
         UNION ALL
         SELECT m.asset_id, down.depth + 1, down.path || m.asset_id
         FROM down JOIN made_of m ON m.source_id = down.id AND m.field = 'image'
         WHERE down.depth < :most)
       SELECT a.id, down.depth FROM down JOIN assets a ON a.id = down.id
       WHERE a.deleted_at IS NULL ORDER BY down.path LIMIT :most"""
).bindparams(bindparam("asset", type_=Uuid))
MOST_VERSIONS = 60


async def versions_of(db: AsyncSession, asset_id: UUID) -> list[Version]:
    """The first picture that an asset goes back to and all that was made of it, each behind what it was made of."""
    rows = (await db.execute(_VERSIONS, {"asset": asset_id, "most": MOST_VERSIONS})).all()
    found = {asset.id: asset for asset in await _by_id(db, [row.id for row in rows])}
    return [Version(found[row.id], row.depth) for row in rows if row.id in found]


async def _by_id(db: AsyncSession, ids: Sequence[UUID]) -> list[Asset]:
    return list((await db.execute(select(Asset).where(Asset.id.in_(ids)))).scalars())

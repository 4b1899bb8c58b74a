"""The picture that a tool works on, as its form shows it: the chosen one, and the newest to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets import Asset, Assets
from atelier.assets.library import Wanted, find
from atelier.assets.tiles import Tile, browser_limit, tile, tiles
from atelier.base.kinds import IMAGE

NEWEST = 8


@dataclass(frozen=True, slots=True)
class Reference:
    """`gone` when what was asked for is not in the member's library (any more); `limit` is what the browser is told
    of the most that a picture may have."""

    chosen: Tile | None
    recent: Sequence[Tile]
    gone: bool
    limit: Mapping[str, Any]


async def reference(db: AsyncSession, assets: Assets, asked: str) -> Reference:
    """The picture whose id was `asked` for, first among the member's newest."""
    newest = (await find(db, Wanted(kind=IMAGE), limit=NEWEST)).items
    chosen = next((asset for asset in newest if str(asset.id) == asked), None)
    if chosen is None and (id := _id(asked)):
        there = select(Asset).where(Asset.id == id, Asset.deleted_at.is_(None), Asset.kind == IMAGE.id)
        chosen = (await db.execute(there)).scalar_one_or_none()
        newest = [chosen, *newest[: NEWEST - 1]] if chosen else newest
    return Reference(
        chosen=tile(chosen, assets) if chosen else None,
        recent=tiles(newest, assets),
        gone=bool(asked) and chosen is None,
        limit=browser_limit(IMAGE, assets.limits),
    )


def _id(asked: str) -> UUID | None:
    try:
        return UUID(asked)
    except ValueError:
        return None

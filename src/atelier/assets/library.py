"""Finding in the library: by words, filters and order, a page at a time, with the true total.

Row-level security names the member in every query. Each condition here is one that an index may answer under it; words
are found by the database's own `assets_matching`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, Text, and_, column, func, literal, select, text, tuple_
from sqlalchemy import Boolean as Bool
from sqlalchemy import Uuid as UuidType
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets.tables import Asset, Source
from atelier.base.errors import BadRequest, NotFound
from atelier.base.kinds import Kind

PAGE = 48


class Sort(StrEnum):
    """The order of a list."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LARGEST = "largest"


class BadCursor(BadRequest):
    """The cursor is not one that a page of this list gave."""

    code: ClassVar[str] = "bad_cursor"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a member looks for; nothing set means everything that is not deleted, newest first."""

    words: str = ""
    kind: Kind | None = None
    source: Source | None = None
    tool: str | None = None
    model: str | None = None
    favourite: bool = False
    sort: Sort = Sort.NEWEST

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return self != Wanted(sort=self.sort)


class Page(NamedTuple):
    """A part of a list: its assets, the cursor of the next part (None at the end) and how many the whole list has."""

    items: list[Asset]
    next: str | None
    total: int


async def find(db: AsyncSession, wanted: Wanted, *, cursor: str | None = None, limit: int = PAGE) -> Page:
    """One page of the acting member's assets, with the total of all pages."""
    source = _source(wanted)
    conditions = _conditions(wanted, source)
    key = _key(wanted.sort, source)
    down = wanted.sort is not Sort.OLDEST
    beyond = [] if cursor is None else [_beyond(key, _place(wanted.sort, cursor), down)]
    if source.columns is Asset:
        statement = _ordered(select(Asset).where(*conditions, *beyond), key, down).limit(limit + 1)
        rows = list((await db.execute(statement)).scalars())
        total = len(rows)
        if beyond or total > limit:
            counted = select(func.count()).select_from(Asset).where(*conditions)
            total = int((await db.execute(counted)).scalar_one())
    else:
        rows, total = await _matching(db, source, conditions, beyond, key, down, limit + 1)
    items = rows[:limit]
    return Page(items, _cursor(wanted.sort, items[-1]) if len(rows) > limit else None, total)


async def get(db: AsyncSession, asset_id: UUID, *, deleted: bool = False) -> Asset:
    """One asset of the acting member, deleted ones only if asked for; raises `NotFound`."""
    asset = (await db.execute(select(Asset).where(Asset.id == asset_id))).scalar_one_or_none()
    if asset is None or (asset.deleted_at is not None and not deleted):
        raise NotFound("file")
    return asset


async def neighbours(db: AsyncSession, wanted: Wanted, asset: Asset) -> tuple[UUID | None, UUID | None]:
    """What comes before and after an asset in a list."""
    source = _source(wanted)
    conditions = _conditions(wanted, source)
    key = _key(wanted.sort, source)
    place = [asset.bytes, asset.id] if wanted.sort is Sort.LARGEST else [asset.id]
    down = wanted.sort is not Sort.OLDEST
    found: list[UUID | None] = []
    for forward in (False, True):
        way = down if forward else not down
        statement = select(source.id).where(*conditions, _beyond(key, place, way))
        found.append((await db.execute(_ordered(statement, key, way).limit(1))).scalar_one_or_none())
    return found[0], found[1]


_MODELS = text("""
WITH RECURSIVE each AS (
  (SELECT tool, model FROM assets WHERE deleted_at IS NULL AND tool IS NOT NULL AND model IS NOT NULL
   ORDER BY tool, model LIMIT 1)
  UNION ALL
  SELECT beyond.* FROM each, LATERAL (
    SELECT tool, model FROM assets WHERE deleted_at IS NULL AND (tool, model) > (each.tool, each.model)
    ORDER BY tool, model LIMIT 1) beyond)
SELECT tool, model FROM each LIMIT 100""")


async def models(db: AsyncSession) -> list[tuple[str, str]]:
    """The tools and models that the member's assets were made with; jumps from one to the next in the index."""
    return [(row[0], row[1]) for row in await db.execute(_MODELS)]


class _From(NamedTuple):
    """Where a list is read: the table itself, or what matches the words; the same columns either way."""

    table: Any
    id: Any
    columns: Any


def _source(wanted: Wanted) -> _From:
    words = wanted.words.replace("\0", " ").strip()  # PostgreSQL takes no NUL
    if not words:
        return _From(Asset.__table__, Asset.id, Asset)
    matching = func.assets_matching(words).table_valued(
        column("id", UuidType),
        *(column(name, Text) for name in ("kind", "source", "tool", "model")),
        column("favourite", Bool),
        column("bytes", BigInteger),
        name="matching",
    )
    return _From(matching, matching.c.id, matching.c)


def _conditions(wanted: Wanted, source: _From) -> list[ColumnElement[bool]]:
    read = source.columns
    conditions: list[ColumnElement[bool]] = [] if read is not Asset else [Asset.deleted_at.is_(None)]
    for name in ("kind", "source", "tool", "model"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(getattr(read, name) == str(value).replace("\0", ""))
    return [*conditions, read.favourite] if wanted.favourite else conditions


def _key(sort: Sort, source: _From) -> list[Any]:
    return [source.columns.bytes, source.id] if sort is Sort.LARGEST else [source.id]


def _beyond(key: list[Any], place: list[Any], down: bool) -> ColumnElement[bool]:
    left = tuple_(*key)
    right = tuple_(*(literal(value, each.type) for value, each in zip(place, key, strict=True)))
    return and_(left < right if down else left > right)


def _ordered(statement: Select[Any], key: list[Any], down: bool) -> Select[Any]:
    return statement.order_by(*(each.desc() if down else each.asc() for each in key))


async def _matching(
    db: AsyncSession,
    source: _From,
    conditions: list[ColumnElement[bool]],
    beyond: list[ColumnElement[bool]],
    key: list[Any],
    down: bool,
    limit: int,
) -> tuple[list[Asset], int]:
    """A page of what matches the words, and how many match: found once, counted and cut from there."""
    ranked = _ordered(select(source.id).where(*conditions, *beyond), key, down).limit(limit)
    everything = select(func.count()).select_from(source.table).where(*conditions)
    if beyond:
        total = int((await db.execute(everything)).scalar_one())
    else:
        ranked = ranked.add_columns(func.count().over())
        total = 0
    found = (await db.execute(ranked)).all()
    if found and not beyond:
        total = found[0][1]
    by_id = {
        asset.id: asset
        for asset in (await db.execute(select(Asset).where(Asset.id.in_([row[0] for row in found])))).scalars()
    }
    return [by_id[row[0]] for row in found if row[0] in by_id], total


def _cursor(sort: Sort, last: Asset) -> str:
    return f"{last.bytes}.{last.id.hex}" if sort is Sort.LARGEST else last.id.hex


def _place(sort: Sort, cursor: str) -> list[Any]:
    size, dot, id = cursor.rpartition(".")
    if bool(dot) != (sort is Sort.LARGEST) or not (size.isascii() and (size.isdigit() or not dot)):
        raise BadCursor("This cursor belongs to another list.", field="cursor")
    try:  # Python makes no number of thousands of digits
        return [min(int(size), 2**62), UUID(hex=id)] if dot else [UUID(hex=id)]
    except ValueError:
        raise BadCursor("This cursor is not one that the studio gave.", field="cursor") from None

"""The database's own functions that pass its walls: whatever a stranger hands them, they do nothing to anybody else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.db import Acting, act
from atelier.base.ids import new_id
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.guests import Maker

# what runs as its owner and the web role may call
PASSING = """
SELECT p.proname AS name, ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) t) AS types
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
  AND has_function_privilege('atelier_web', p.oid, 'EXECUTE') AND p.prorettype <> 'trigger'::regtype
ORDER BY 1"""
SEEN = """
SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'member_id'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped
  AND has_column_privilege('atelier_web', c.oid, a.attnum, 'SELECT') ORDER BY 1"""
MOST = 60  # ways to call one function


@check(
    "isolation.functions",
    "A9",
    title="No function that passes the database's walls does anything with another member's things",
    remedy="Have the function compare what it is given with atelier_member(), or revoke it from atelier_web.",
)
async def functions(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    owner, faults, tried = await ground.owner(), [], 0
    passing = await owner.fetch(PASSING)
    tables = [row["name"] for row in await owner.fetch(SEEN)]
    for acting, who in ((Acting.member(stranger.id), "a stranger"), (Acting.nobody(), "nobody")):
        for function in passing:
            for given in itertools.islice(_given(function["types"], maker), MOST):
                wrong = await _called(ground, acting, maker, tables, function, given)
                tried += 1
                if wrong:
                    faults.append(f"{function['name']} {wrong} as {who}")
    return evidence(
        list(dict.fromkeys(faults)),
        f"{tried} calls of {len(passing)} functions with another member's ids gave and changed nothing.",
    )


def _given(types: list[str], maker: Maker) -> Iterator[tuple[Any, ...]]:
    """Ways to fill a function's places with what is the maker's."""
    ids = [maker.id, *(row.id for row in maker.rows.values() if row.id is not None), new_id()]
    words = [maker.email, str(maker.id), f"welcome:{maker.id}", maker.marker]
    known: dict[str, Sequence[Any]] = {
        "uuid": ids,
        "text": words,
        "boolean": [True],
        "double precision": [1.0],
        "timestamp with time zone": [None],
    }
    places: list[Sequence[Any]] = [known.get(kind, [1] if kind in ("bigint", "integer") else [None]) for kind in types]
    # the same id in every place first, then one of each
    for place in range(max(map(len, places), default=1)):
        yield tuple(choices[min(place, len(choices) - 1)] for choices in places)
    yield from itertools.product(*places)


async def _called(
    ground: Ground, acting: Acting, maker: Maker, tables: list[str], function: asyncpg.Record, given: tuple[Any, ...]
) -> str:
    """What was wrong with one call, which is rolled back."""
    places = ", ".join(f"CAST(:p{place} AS {kind})" for place, kind in enumerate(function["types"]))
    values = {f"p{place}": value for place, value in enumerate(given)}
    try:
        async with ground.studio.web_db.transaction(acting) as db:
            await db.execute(text("SET LOCAL lock_timeout = '500ms'"))
            await act(db, Acting.member(maker.id))
            before = await _visible(db, tables)
            await act(db, acting)
            answered = (await db.execute(text(f"SELECT {function['name']}({places})::text"), values)).scalars().all()
            await act(db, Acting.member(maker.id))
            raise _Back(answered, before != await _visible(db, tables))
    except _Back as back:
        told = any(maker.marker in str(each) or maker.email in str(each) for each in back.answered)
        return "tells what is another member's" if told else "changes what is another member's" if back.changed else ""
    except DBAPIError:
        return ""  # refused


async def _visible(db: AsyncSession, tables: list[str]) -> list[Any]:
    """What the web role sees of the member for whom it acts."""
    found: list[Any] = []
    for table in tables:
        try:
            async with db.begin_nested():
                found += (await db.execute(text(f"SELECT * FROM {table}"))).all()  # noqa: S608 - from the catalogue
        except DBAPIError:  # it sees some columns only
            found += (await db.execute(text(f"SELECT member_id FROM {table}"))).all()  # noqa: S608
    return [tuple(map(str, row)) for row in found]


class _Back(Exception):
    """Rolls the transaction back."""

    def __init__(self, answered: Any, changed: bool) -> None:
        self.answered = answered
        self.changed = changed

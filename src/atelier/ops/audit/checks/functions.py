"""The database's own functions that pass its walls: whatever a stranger hands them, they do nothing to anybody else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

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
# the columns that the web role sees of each table with an owner
SEEN = """
SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND has_column_privilege('atelier_web', c.oid, a.attnum, 'SELECT')
GROUP BY c.relname HAVING bool_or(a.attname = 'member_id') ORDER BY 1"""
MOST = 40  # ways to call one function


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
    visible = " UNION ALL ".join(
        _digest(row["name"], f"ROW({row['columns']})::text") for row in await owner.fetch(SEEN)
    )
    async with ground.studio.web_db.transaction(Acting.member(maker.id)) as db:
        before = (await db.execute(text(visible))).scalars().all()
    for acting, who in ((Acting.member(stranger.id), "a stranger"), (Acting.nobody(), "nobody")):
        for function in passing:
            for given in itertools.islice(_given(function["types"], maker), MOST):
                answered, after = await _called(ground, acting, maker, visible, function, given)
                tried += 1
                if any(maker.marker in each or maker.email in each for each in answered):
                    faults.append(f"{function['name']} tells {who} what is another member's")
                if after and after != before:
                    faults.append(f"{function['name']} changes what is another member's for {who}")
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


def _digest(table: str, row: str) -> str:
    return f"SELECT md5(string_agg({row}, ' ' ORDER BY {row})) FROM {table}"  # noqa: S608 - names from the catalogue


async def _called(
    ground: Ground, acting: Acting, maker: Maker, visible: str, function: asyncpg.Record, given: tuple[Any, ...]
) -> tuple[list[str], list[str]]:
    """What one call answers, and what the maker sees of their own after it; it is rolled back."""
    places = ", ".join(f"CAST(:p{place} AS {kind})" for place, kind in enumerate(function["types"]))
    values = {f"p{place}": value for place, value in enumerate(given)}
    try:
        async with ground.studio.web_db.transaction(acting) as db:
            call = text(f"SELECT {function['name']}({places})::text")
            answered = (await db.execute(call, values)).scalars().all()
            await act(db, Acting.member(maker.id))
            raise _Back([str(each) for each in answered], list((await db.execute(text(visible))).scalars().all()))
    except _Back as back:
        return back.answered, back.visible
    except DBAPIError:
        return [], []  # refused


class _Back(Exception):
    """Rolls the transaction back."""

    def __init__(self, answered: list[str], visible: list[str]) -> None:
        self.answered = answered
        self.visible = visible

"""What is a member's, by the database's own catalogue: every table that says so is exported, unless named here.

A table with a `member_id` is exported whole, without the columns that hold secrets, and a new one is so by being there.
What only mentions a member (a column that refers to members and is called otherwise) has to be named: exported, or left
out with the reason. A test fails for one that is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# no secret, no digest of one and nothing sealed leaves the database
SECRET = re.compile(
    r"(^|_)(secret|digest|hash|password|key|hint|sealed|credential|binding|retry|hidden|code|codes)(_|$)"
)
# what looks like a secret by its name and is none
PLAIN = {("jobs", "idempotency_key"), ("jobs", "error_code"), ("exports", "error_code")}

# told in words of their own: by `wallet` and `facts`
STATEMENT = ("accounts", "transfers", "postings", "holds")
FACTS = "events"

MENTIONED = {("invitations", "used_by"): ("made_by",)}  # exported as well, but for these columns
LEFT_OUT = {
    ("job_progress", "member_id"): "previews of what is being made just now; they are gone when it is done",
    ("invitations", "made_by"): "what an operator wrote to others holds the others' addresses",
    ("sessions", "looks_at"): "an operator's own sign-in; that they looked stands among the events",
}

_OWNED = text("SELECT name, owner, mine FROM people_owned()")
_COLUMNS = text(
    """SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = to_regclass('public.' || quote_ident(:name))
       AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
)


@dataclass(frozen=True, slots=True)
class Owned:
    """A table's rows of one member: found by its column `owner`, ordered by `order`, without the columns `skip`."""

    name: str
    owner: str
    skip: tuple[str, ...]
    order: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """What the catalogue holds: what is exported, and what is named neither as exported nor as left out."""

    exported: Sequence[Owned]
    forgotten: Sequence[tuple[str, str]]


async def sort(db: AsyncSession) -> Sorted:
    """Read the catalogue."""
    exported, forgotten = [], []
    for name, owner, mine in (await db.execute(_OWNED)).all():
        if (name, owner) in LEFT_OUT or name in (*STATEMENT, FACTS):
            continue
        if not mine and (name, owner) not in MENTIONED:
            forgotten.append((name, owner))
            continue
        columns = list((await db.execute(_COLUMNS, {"name": name})).scalars())
        exported.append(
            Owned(
                name,
                owner,
                (*skipped(name, columns), *MENTIONED.get((name, owner), ())),
                "id" if "id" in columns else columns[0],
            )
        )
    return Sorted(exported, forgotten)


def skipped(table: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Those columns of a table that hold secrets."""
    return tuple(name for name in columns if SECRET.search(name) and (table, name) not in PLAIN)

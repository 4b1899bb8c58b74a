"""The trail as a table to keep: CSV (RFC 4180) that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any

from atelier.base.db import Acting, Database
from atelier.people.trail import Line, Wanted, trail

HEAD = ("at", "kind", "actor_id", "actor", "subject_id", "subject", "address", "before", "after", "more")
PIECE = 500
MOST = 100_000  # lines of one table


async def table(database: Database, acting: Acting, wanted: Wanted) -> AsyncIterator[str]:
    """The lines that are wanted, newest first, in pieces; each piece is read in a transaction of its own."""
    yield _written([HEAD])
    before: int | None = None
    for _ in range(MOST // PIECE):
        async with database.transaction(acting) as db:
            found = await trail(db, wanted, before=before, limit=PIECE)
        if not found:
            return
        yield _written([_row(line) for line in found])
        before = found[-1].id


def _row(line: Line) -> tuple[str, ...]:
    return tuple(_cell(line.at.isoformat() if name == "at" else getattr(line, name)) for name in HEAD)


def _cell(value: Any) -> str:
    if value is None or value == {}:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"')
    # a spreadsheet would run what begins like a formula
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _written(rows: list[tuple[str, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()

"""Rows into JSON files in a folder of our own, some at a time; the database is let go before they are sent on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.assets.tables import Asset
from atelier.people.leaving import owned, rules, words
from atelier.people.leaving.words import Piece

SOME = 500  # rows held at a time
Change = Callable[[str], str]

_ROWS = text("SELECT people_rows(:name, :owner, :skip, :order)::text").bindparams(bindparam("skip", type_=ARRAY(Text)))
# an operator's own address and number are theirs; what they did about the member is the member's too
_FACTS = text(
    """SELECT jsonb_build_object('at', at, 'what', kind, 'about', subject_id, 'from', address, 'data', data)::text
         FROM events WHERE member_id = :member
       UNION ALL
       SELECT jsonb_build_object('at', at, 'what', kind, 'by', 'studio', 'data', data)::text
         FROM events WHERE subject_id = :member AND member_id IS DISTINCT FROM :member
           AND kind NOT LIKE 'job:%' AND kind NOT LIKE 'asset:%'"""
)


async def gather(db: AsyncSession, member_id: UUID, folder: Path) -> list[Piece]:
    """Write everything that the database keeps about a member; `db` acts for the studio in the member's name."""
    pieces = []
    for table in (await owned.sort(db)).exported:
        name, change = words.called(table.name), _with_place if table.name == "assets" else _as_it_is
        values = {"name": table.name, "owner": table.owner, "skip": list(table.skip), "order": table.order}
        rows = await _write(folder / name, _stream(db, _ROWS, values), change)
        if rows or table.name in words.NAMES:
            pieces.append(Piece(name, rows, words.told_of(table.name)))
        else:
            (folder / name).unlink()
    pieces.append(await _wallet(db, member_id, folder / "wallet.json"))
    rows = await _write(folder / "events.json", _stream(db, _FACTS, {"member": member_id}), _as_it_is)
    pieces.append(Piece("events.json", rows, words.told_of("events")))
    return sorted(pieces, key=lambda piece: piece.name)


async def _stream(db: AsyncSession, statement: Any, values: dict[str, Any]) -> AsyncIterator[str]:
    result = await db.stream(statement, values, execution_options={"yield_per": SOME})
    async for row in result:
        yield row[0]


async def _write(path: Path, rows: AsyncIterator[str], change: Change) -> int:
    """A JSON list, an entry a line; how many."""
    count = 0
    with path.open("w", encoding="utf-8") as out:
        out.write("[")
        async for row in rows:
            out.write(f"{',' if count else ''}\n{change(row)}")
            count += 1
        out.write("\n]\n" if count else "]\n")
    return count


def _as_it_is(row: str) -> str:
    return row


def _with_place(row: str) -> str:
    """An asset with where its file lies in the archive, instead of where it lies in the store."""
    read = json.loads(row)
    asset = Asset(
        id=UUID(read["id"]),
        title=read["title"],
        kind=read["kind"],
        content_type=read["content_type"],
        created_at=datetime.fromisoformat(read["created_at"]),
        deleted_at=read["deleted_at"],
    )
    kept = {name: value for name, value in read.items() if name not in ("path", "thumb_path", "member_id")}
    return json.dumps({"file": rules.name_in_archive(asset), **kept}, ensure_ascii=False)


async def _wallet(db: AsyncSession, member_id: UUID, path: Path) -> Piece:
    """The statement, as the wallet page shows it."""
    found = await ledger.balance(db, member_id=member_id)
    count, before = 0, None
    with path.open("w", encoding="utf-8") as out:
        out.write(f'{{"available": {found.available}, "held": {found.held}, "statement": [')
        while lines := await ledger.statement(db, member_id=member_id, before=before, limit=SOME):
            for line in lines:
                told = {
                    "at": line.at.isoformat(),
                    "credits": line.amount,
                    "left": line.balance,
                    "what": line.kind,
                    "words": line.memo,
                    "run": str(line.job_id) if line.job_id else None,
                }
                out.write(f"{',' if count else ''}\n{json.dumps(told, ensure_ascii=False)}")
                count += 1
            before = lines[-1].id
        out.write("\n]}\n")
    return Piece("wallet.json", count, words.told_of("wallet"))

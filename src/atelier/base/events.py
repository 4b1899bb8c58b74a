"""Facts that happened, written once, in the transaction that made them true.

The audit trail, live updates, webhooks and metrics are readers of this one table. A reader goes by (`xid`, `id`) and
looks only at transactions older than every one still running, so a slow writer's fact is late but never skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, Text, TextClause, bindparam, insert, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table

CHANNEL = "atelier_event"


class Event(Table):
    """One fact: what happened (`noun:verb`), to which subject, whose it is, and when.

    `actor_id` and `address`, who did it and from where, are written by the database itself from what the transaction
    says of itself; a fact without an actor was done by the studio or by a visitor.
    """

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    actor_id: Mapped[UUID | None]
    address: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Mark:
    """A reader's place in the stream: the last fact that it has seen."""

    xid: int
    id: int

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"

    @classmethod
    def parse(cls, written: str) -> Mark | None:
        """The place written as `xid-id` (what SSE sends back as Last-Event-ID), or None if that is no place."""
        left, _, right = written.partition("-")
        if not (left.isascii() and left.isdigit() and right.isascii() and right.isdigit()) or len(written) > 40:
            return None
        mark = cls(int(left), int(right))
        return mark if mark.xid < 2**63 and mark.id < 2**63 else None


async def record(db: AsyncSession, kind: str, *, member: UUID | None, subject: UUID | None = None, **data: Any) -> None:
    """Write a fact with the change that makes it true."""
    written = insert(Event).values(kind=kind, member_id=member, subject_id=subject, data=data)
    await db.execute(written.inline())  # nothing is read back: who writes a visitor's fact may not see it


_HORIZON = text("SELECT (pg_snapshot_xmin(pg_current_snapshot()))::text::bigint - 1")


def _queries(of: str = "") -> tuple[TextClause, TextClause]:
    """What reads the facts after a place, and what asks whether there are any; `of` narrows both."""
    beyond = f"FROM events WHERE (xid, id) > (CAST(CAST(:xid AS text) AS xid8), :id){of}"
    read = (
        f"SELECT xid::text::bigint, id, kind, member_id, subject_id, data, at {beyond}"
        " AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, id LIMIT :limit"
    )
    xid = bindparam("xid", type_=Text)
    return text(read).bindparams(xid), text(f"SELECT EXISTS (SELECT {beyond})").bindparams(xid)


_AFTER, _LATE = _queries()
_AFTER_OF, _LATE_OF = _queries(" AND subject_id = :subject")  # its own: an index answers it


async def here(db: AsyncSession) -> Mark:
    """The place after everything that has surely been written by now."""
    return Mark(int((await db.execute(_HORIZON)).scalar_one()), 2**62)


async def after(
    db: AsyncSession, mark: Mark, limit: int = 100, *, subject: UUID | None = None
) -> list[tuple[Mark, Event]]:
    """The facts after `mark`, or those of `subject`, that the transaction may see: in order, at most `limit`."""
    place = {"xid": str(mark.xid), "id": mark.id, "limit": limit}
    rows = await (db.execute(_AFTER_OF, place | {"subject": subject}) if subject else db.execute(_AFTER, place))
    return [
        (
            Mark(row[0], row[1]),
            Event(id=row[1], kind=row[2], member_id=row[3], subject_id=row[4], data=row[5], at=row[6]),
        )
        for row in rows
    ]


async def late(db: AsyncSession, mark: Mark, *, subject: UUID | None = None) -> bool:
    """Whether facts after `mark` are written that a reader must not pass yet: an older one is still under way.

    With `subject` only the facts of it count.
    """
    place = {"xid": str(mark.xid), "id": mark.id}
    found = await (db.execute(_LATE_OF, place | {"subject": subject}) if subject else db.execute(_LATE, place))
    return bool(found.scalar_one())

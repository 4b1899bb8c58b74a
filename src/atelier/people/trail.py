"""The trail: who did what to whom, from where, before and after. It is the table of events, read by the studio.

Facts are only ever added: no connecting role can change or take away one, and the database itself writes who it was and
from where (migration 1200). What members make (jobs, files) has pages of its own and is left out unless asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from atelier.base.events import Event
from atelier.people.tables import Member

KIND = re.compile(r"[a-z_]+:[a-z_]*", re.ASCII)
# word for word what the indexes of migration 1200 have, so that they are used
LOOKED_BACK_AT = and_(Event.kind.not_like("job:%"), Event.kind.not_like("asset:%"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which facts: `kind` is `noun:verb` or `noun:`; `member` did it or had it done; all of them must fit."""

    kind: str = ""
    member: UUID | None = None
    address: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> list[ColumnElement[bool]]:
        made = self.kind.startswith(("job:", "asset:"))
        found: list[ColumnElement[bool]] = [] if made else [LOOKED_BACK_AT]
        if self.kind:
            whole = not self.kind.endswith(":")
            found.append(Event.kind == self.kind if whole else Event.kind.startswith(self.kind, autoescape=True))
        if self.member is not None:
            found.append(or_(Event.actor_id == self.member, Event.subject_id == self.member))
        if self.address:
            found.append(Event.address == self.address)
        if self.since is not None:
            found.append(Event.at >= self.since)
        if self.until is not None:
            found.append(Event.at < self.until)
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """One fact, with the names of who did it and to whom where those are members; `more` is what else it says."""

    id: int
    at: datetime
    kind: str
    actor_id: UUID | None
    actor: str | None
    subject_id: UUID | None
    subject: str | None
    address: str | None
    before: Any = None
    after: Any = None
    more: dict[str, Any] = field(default_factory=dict)


async def trail(db: AsyncSession, wanted: Wanted, *, before: int | None = None, limit: int = 50) -> Sequence[Line]:
    """The newest facts that are wanted, older than the fact `before`; `db` acts for the studio."""
    actor, subject = aliased(Member), aliased(Member)
    found = (
        select(Event, actor.name, subject.name)
        .outerjoin(actor, actor.id == Event.actor_id)
        .outerjoin(subject, subject.id == Event.subject_id)
        .where(*wanted.where(), *([Event.id < before] if before is not None else []))
        .order_by(Event.id.desc())
        .limit(limit)
    )
    return [_line(event, who, whom) for event, who, whom in await db.execute(found)]


async def kinds(db: AsyncSession) -> list[str]:
    """The kinds of facts in the trail, each once: found by leaps along the index, not by reading every fact."""
    first = select(func.min(Event.kind)).where(LOOKED_BACK_AT)
    found: list[str] = []
    while (kind := await db.scalar(first.where(Event.kind > found[-1]) if found else first)) is not None:
        found.append(kind)
    return found


def _line(event: Event, actor: str | None, subject: str | None) -> Line:
    more = dict(event.data)
    return Line(
        id=event.id,
        at=event.at,
        kind=event.kind,
        actor_id=event.actor_id,
        actor=actor,
        subject_id=event.subject_id,
        subject=subject,
        address=event.address,
        before=more.pop("before", None),
        after=more.pop("after", None),
        more=more,
    )

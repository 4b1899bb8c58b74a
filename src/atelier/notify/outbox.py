"""The outbox as the operator reads it. `db` acts for the studio."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.db import rows_changed
from atelier.base.errors import Conflict, NotFound
from atelier.notify.tables import Mail, State


class NothingToSend(Conflict):
    """The mail is on its way, or was sent."""

    code = "nothing_to_send"


@dataclass(frozen=True, slots=True)
class Page:
    """Some mails, newest first, with how many there are in each state."""

    mails: list[Mail]
    counts: dict[State, int]
    next: UUID | None


async def outbox(db: AsyncSession, *, before: UUID | None = None, limit: int = 30) -> Page:
    """The mails of the last 30 days."""
    wanted = select(Mail).order_by(Mail.id.desc()).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(Mail.id < before)
    mails = list(await db.scalars(wanted))
    counts = dict.fromkeys(State, 0)
    for state, count in await db.execute(select(Mail.state, func.count()).group_by(Mail.state)):
        counts[State(state)] = count
    return Page(mails[:limit], counts, mails[limit - 1].id if len(mails) > limit else None)


async def find(db: AsyncSession, mail_id: UUID) -> Mail:
    """One mail, or `NotFound`."""
    found = await db.scalar(select(Mail).where(Mail.id == mail_id))
    if found is None:
        raise NotFound("mail")
    return found


async def send_again(db: AsyncSession, mail_id: UUID) -> None:
    """Put a mail that failed or was kept back into the queue; `NothingToSend` for any other."""
    await find(db, mail_id)
    again = update(Mail).where(Mail.id == mail_id, Mail.state.in_((State.FAILED, State.KEPT)))
    if not rows_changed(await db.execute(again.values(state=State.WAITING.value, error=None, leased_until=None))):
        raise NothingToSend("This mail is on its way already, or was sent.")

"""Looking at a member's pages with their eyes: in the operator's own session, for half an hour, changing nothing.

The rule of every route refuses writes meanwhile, the database refuses them too, every page says who looks, and the
trail has both ends.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.errors import Conflict, Forbidden
from atelier.people.console.members import find
from atelier.people.tables import Session
from atelier.web.caller import STAFF

LASTS = timedelta(minutes=30)


class NotTheirs(Forbidden):
    """Operators don't look through each other's eyes."""

    code = "staff_not_looked_at"


class NeedsBrowser(Conflict):
    """A look belongs to a browser's session; a token has none."""

    code = "session_needed"


async def begin(db: AsyncSession, *, by: UUID, session_id: UUID | None, member_id: UUID) -> None:
    """From the next request on, the operator's session sees what the member sees."""
    if session_id is None:
        raise NeedsBrowser("Sign in with a browser to look at a member's pages.")
    if (await find(db, member_id)).role in STAFF:
        raise NotTheirs("The pages of operators and helpers are theirs alone.")
    await db.execute(
        update(Session)
        .where(Session.id == session_id, Session.member_id == by)
        .values(looks_at=member_id, looks_until=func.now() + LASTS)
    )
    await events.record(db, "look:began", member=by, subject=member_id, minutes=int(LASTS.total_seconds() / 60))


def acting(operator_id: UUID) -> Acting:
    """For whom the end of a look acts: the operator, whose session it is."""
    return Acting.for_studio(operator_id)


async def end(db: AsyncSession, *, by: UUID) -> UUID | None:
    """End every look of the operator's; return the member whom they looked at, if any."""
    looking = Session.member_id == by, Session.looks_at.is_not(None)
    looked_at = (await db.execute(select(Session.looks_at).where(*looking).limit(1))).scalar_one_or_none()
    if looked_at is None:
        return None
    await db.execute(update(Session).where(*looking).values(looks_at=None, looks_until=None))
    await events.record(db, "look:ended", member=by, subject=looked_at)
    return looked_at

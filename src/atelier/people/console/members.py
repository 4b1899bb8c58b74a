"""The members as the operator finds them: by a piece of their name or e-mail, with what they have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.errors import BadRequest, NotFound
from atelier.jobs import Job, State
from atelier.ledger.rules import LONGEST_MEMO, BadMemo, memo_of
from atelier.ledger.tables import Account
from atelier.people.tables import Member, Session, Token

MOST = 1_000_000  # credits in one grant
MEMO_LENGTH = LONGEST_MEMO


class BadGrant(BadRequest):
    """The amount or the memo of a grant cannot be used."""

    code = "bad_grant"


@dataclass(frozen=True, slots=True)
class Found:
    """A member in the list, with the credits that they can spend."""

    id: UUID
    name: str
    email: str
    role: str
    state: str
    created_at: datetime
    credits: int
    protected: bool  # whether there is a second factor


@dataclass(frozen=True, slots=True)
class Activity:
    """What a member has done here."""

    sessions: int
    seen_at: datetime | None
    jobs: dict[State, int]


_COLUMNS = (Member.id, Member.name, Member.email, Member.role, Member.state, Member.created_at)
_FOUND = select(*_COLUMNS, func.coalesce(Account.balance, 0), Member.protected).outerjoin(
    Account, (Account.member_id == Member.id) & (Account.kind == "wallet")
)


async def search(
    db: AsyncSession, *, words: str = "", before: UUID | None = None, limit: int = 30
) -> tuple[list[Found], int]:
    """At most `limit` members, newest first, whose name or e-mail contains `words`; and how many there are in all."""
    matching = []
    if words := words.strip():
        matching.append(
            or_(
                Member.email.contains(words.lower(), autoescape=True),
                func.lower(Member.name).contains(words.lower(), autoescape=True),
            )
        )
    total = (await db.execute(select(func.count()).select_from(Member).where(*matching))).scalar_one()
    wanted = _FOUND.where(*matching, *([Member.id < before] if before else []))
    rows = await db.execute(wanted.order_by(Member.id.desc()).limit(limit))
    return [Found(*row) for row in rows], total


async def find(db: AsyncSession, member_id: UUID) -> Found:
    """One member, or `NotFound`."""
    row = (await db.execute(_FOUND.where(Member.id == member_id))).one_or_none()
    if row is None:
        raise NotFound("member")
    return Found(*row)


async def activity(db: AsyncSession, member_id: UUID) -> Activity:
    """How active a member is."""
    open_sessions = select(func.count(), func.max(Session.seen_at)).where(
        Session.member_id == member_id, Session.expires_at > func.now()
    )
    sessions, seen_at = (await db.execute(open_sessions)).one()
    by_state = select(Job.state, func.count()).where(Job.member_id == member_id).group_by(Job.state)
    jobs = {State(state): count for state, count in await db.execute(by_state)}
    return Activity(sessions, seen_at, {state: jobs.get(state, 0) for state in State})


async def tokens(db: AsyncSession, member_id: UUID) -> int:
    """How many API tokens a member has in use."""
    in_use = select(func.count()).where(Token.member_id == member_id, Token.revoked_at.is_(None))
    return int((await db.execute(in_use)).scalar_one())


def grant_of(amount: str, memo: str) -> tuple[int, str]:
    """The amount and the memo that were typed; `BadGrant` names the field that is wrong."""
    if not re.fullmatch(r"[0-9]{1,7}", amount.strip()) or not 1 <= int(amount) <= MOST:
        raise BadGrant("Write a whole number of credits, 1 to 1,000,000.", field="amount")
    try:
        words = memo_of(memo)
    except BadMemo as error:
        raise BadGrant(error.message, field="memo") from None
    if not words:
        raise BadGrant("Write why, for the member's statement.", field="memo")
    return int(amount), words

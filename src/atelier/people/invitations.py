"""Links that make one account each: the first operator's, and those that operators hand out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.crypto import digest, new_token
from atelier.base.db import Acting, Database, rows_changed
from atelier.base.errors import AtelierError, NotFound
from atelier.base.ids import new_id
from atelier.notify import Keys
from atelier.people.sessions import SECRET
from atelier.people.tables import Invitation, Member
from atelier.web.caller import Role

LASTS = timedelta(hours=24)


class LinkSpent(AtelierError):
    """The invitation is unknown, used or too old."""

    code = "link_spent"
    status = 410

    def __init__(self) -> None:
        super().__init__("This link has been used or has expired. The studio prints a new one when it starts.")


class InvitationSpent(AtelierError):
    """An operator's invitation is unknown, used, taken back or too old."""

    code = "invitation_spent"
    status = 410

    def __init__(self) -> None:
        super().__init__("This invitation has been used or has expired. Ask whoever sent it for a new one.")


@dataclass(frozen=True, slots=True)
class Invited:
    """What a link that is still good makes of whoever opens it."""

    id: UUID
    role: Role
    email: str | None
    first: bool  # the link that the studio prints, for its first operator


async def operator_exists(db: AsyncSession) -> bool:
    """Whether the studio has an operator; `db` acts for the studio."""
    return bool((await db.execute(select(exists(Member.id).where(Member.role == Role.OPERATOR)))).scalar_one())


async def make_invitation(db: AsyncSession, *, role: Role = Role.OPERATOR) -> str:
    """Make the only link that is good for `role`; return its secret. `db` is an operator's, acting for the studio."""
    secret = new_token()
    await db.execute(
        update(Invitation)
        .where(Invitation.role == role, Invitation.made_by.is_(None))
        .where(Invitation.used_at.is_(None), Invitation.expires_at > func.now())
        .values(expires_at=func.now())
    )
    await db.execute(
        insert(Invitation).values(id=new_id(), digest=digest(secret), role=role.value, expires_at=func.now() + LASTS)
    )
    await events.record(db, "invitation:made", member=None, role=role.value)
    return secret


def operator_link(origin: str, secret: str) -> str:
    """The address to open with that secret."""
    return f"{origin}/welcome/operator?key={secret}"


async def invite(
    db: AsyncSession,
    keys: Keys,
    *,
    by: UUID,
    role: Role,
    days: int,
    email: str | None = None,
    note: str = "",
    invitation_id: UUID | None = None,
) -> UUID:
    """Make an invitation for one account of that role; return its id. `db` acts for the studio."""
    invitation_id = invitation_id or new_id()
    values = {
        "id": invitation_id,
        "digest": keys.digest(invitation_id),
        "role": role.value,
        "expires_at": func.now() + timedelta(days=days),
        "made_by": by,
        "email": email,
        "note": note,
    }
    await db.execute(insert(Invitation).values(values))
    await events.record(db, "invitation:made", member=by, subject=invitation_id, role=role.value, days=days)
    return invitation_id


async def handed_out(db: AsyncSession, *, limit: int = 100) -> list[Invitation]:
    """The invitations that operators made, newest first. `db` acts for the studio."""
    wanted = select(Invitation).where(Invitation.made_by.is_not(None)).order_by(Invitation.id.desc()).limit(limit)
    return list(await db.scalars(wanted))


async def take_back(db: AsyncSession, *, by: UUID, invitation_id: UUID) -> None:
    """End an invitation that nobody has used; `NotFound` if there is none of that id. `db` acts for the studio."""
    ended = await db.execute(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.used_at.is_(None), Invitation.expires_at > func.now())
        .values(expires_at=func.now())
    )
    if not rows_changed(ended):
        raise NotFound("invitation")
    await events.record(db, "invitation:taken_back", member=by, subject=invitation_id)


async def find(database: Database, secret: str) -> Invited | None:
    """What a link's secret is good for, or None if nothing any more."""
    if not SECRET.fullmatch(secret):
        return None
    named = digest(secret)
    good = select(Invitation.id, Invitation.role, Invitation.email, Invitation.made_by).where(
        Invitation.digest == named, Invitation.used_at.is_(None), Invitation.expires_at > func.now()
    )
    async with database.transaction(Acting.knocking(named)) as db:
        row = (await db.execute(good)).one_or_none()
    if row is None:
        return None
    role = Role(row.role)
    return Invited(row.id, role, row.email, row.made_by is None and role is Role.OPERATOR)


async def is_good(database: Database, secret: str) -> bool:
    """Whether the first operator's link can still be used."""
    found = await find(database, secret)
    return found is not None and found.first


async def accept(db: AsyncSession, secret: str) -> Role:
    """Give the acting member the link's role and spend the link; `LinkSpent` if somebody was quicker."""
    if not SECRET.fullmatch(secret):
        raise LinkSpent
    role = (await db.execute(text("SELECT people_accept_invitation(:secret)"), {"secret": secret})).scalar_one()
    if role is None:
        raise LinkSpent
    await db.execute(text("SELECT people_prove_invitation(:secret)"), {"secret": secret})
    return Role(role)

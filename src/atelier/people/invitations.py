"""The one-time link that makes the first operator."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.clock import now
from atelier.base.crypto import digest, new_token
from atelier.base.db import Acting, Database
from atelier.base.errors import AtelierError
from atelier.base.ids import new_id
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


async def operator_exists(db: AsyncSession) -> bool:
    """Whether the studio has an operator; `db` acts for the studio."""
    return bool((await db.execute(select(exists(Member.id).where(Member.role == Role.OPERATOR)))).scalar_one())


async def make_invitation(db: AsyncSession, *, role: Role = Role.OPERATOR) -> str:
    """Make the only link that is good for `role`; return its secret. `db` is an operator's, acting for the studio."""
    secret = new_token()
    await db.execute(
        update(Invitation)
        .where(Invitation.role == role, Invitation.used_at.is_(None), Invitation.expires_at > func.now())
        .values(expires_at=func.now())
    )
    await db.execute(
        insert(Invitation).values(id=new_id(), digest=digest(secret), role=role.value, expires_at=now() + LASTS)
    )
    await events.record(db, "invitation:made", member=None, role=role.value)
    return secret


def operator_link(origin: str, secret: str) -> str:
    """The address to open with that secret."""
    return f"{origin}/welcome/operator?key={secret}"


async def is_good(database: Database, secret: str) -> bool:
    """Whether a link's secret can still be used."""
    if not SECRET.fullmatch(secret):
        return False
    named = digest(secret)
    good = exists().where(Invitation.digest == named, Invitation.used_at.is_(None), Invitation.expires_at > func.now())
    async with database.transaction(Acting.knocking(named)) as db:
        return bool((await db.execute(select(good))).scalar_one())


async def accept(db: AsyncSession, secret: str) -> Role:
    """Give the acting member the link's role and spend the link; `LinkSpent` if somebody was quicker."""
    if not SECRET.fullmatch(secret):
        raise LinkSpent
    role = (await db.execute(text("SELECT people_accept_invitation(:secret)"), {"secret": secret})).scalar_one()
    if role is None:
        raise LinkSpent
    return Role(role)

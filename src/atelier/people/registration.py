"""Who waits to come in, and the operator's yes or no. `db` acts for the studio, on the operator's connection."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.errors import NotFound
from atelier.people import signup
from atelier.people.account_settings import AccountSettings
from atelier.people.tables import Member

_WHO = (Member.name, Member.email, Member.language)


async def waiting(db: AsyncSession, *, limit: int = 100) -> list[Member]:
    """Those who wait, the first one first."""
    return list(await db.scalars(select(Member).where(Member.state == "waiting").order_by(Member.id).limit(limit)))


async def approve(db: AsyncSession, accounts: AccountSettings, *, member_id: UUID, by: UUID) -> None:
    """Let somebody in: their wallet, the welcome, and a mail that says so; `NotFound` if they don't wait."""
    let_in = update(Member).where(Member.id == member_id, Member.state == "waiting").values(state="active")
    row = (await db.execute(let_in.returning(*_WHO))).one_or_none()
    if row is None:
        raise NotFound("member")
    credits = await signup.settle_in(db, member_id=member_id, welcome=accounts.welcome(row.email, None))
    await events.record(db, "member:approved", member=by, subject=member_id, credits=credits)
    await accounts.writer.write(
        db,
        "people/mail/approved.html",
        to=row.email,
        member_id=member_id,
        language=row.language,
        path="/sign-in",
        name=row.name,
    )


async def decline(db: AsyncSession, accounts: AccountSettings, *, member_id: UUID, by: UUID) -> None:
    """Turn somebody away, and forget them but for the mail that says so; `NotFound` if they don't wait."""
    turned_away = delete(Member).where(Member.id == member_id, Member.state == "waiting")
    row = (await db.execute(turned_away.returning(*_WHO))).one_or_none()
    if row is None:
        raise NotFound("member")
    await events.record(db, "member:declined", member=by, subject=member_id)
    await accounts.writer.write(
        db, "people/mail/declined.html", to=row.email, language=row.language, path="/", name=row.name
    )

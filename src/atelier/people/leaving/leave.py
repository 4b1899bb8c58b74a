"""Leaving: the account closes at once, is erased some days later, and can be kept until then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import jobs, ledger
from atelier.assets.tables import Asset
from atelier.base import events
from atelier.base.errors import Conflict, NotFound
from atelier.jobs import Job, State
from atelier.people.account_settings import AccountSettings
from atelier.people.leaving.tables import Departure
from atelier.people.tables import Member, Token


class LastOperator(Conflict):
    """A studio without anybody who runs it could not be mended."""

    code = "last_operator"

    def __init__(self) -> None:
        super().__init__("This is the studio's last operator. Make somebody else an operator first.")


class EarningsFirst(Conflict):
    """What somebody has earned is paid out before they go."""

    code = "earnings_first"

    def __init__(self) -> None:
        super().__init__("There are earnings in this account. Have them paid out first; nothing was changed.")


class TooLate(Conflict):
    """The account is being erased, or is open."""

    code = "too_late"

    def __init__(self) -> None:
        super().__init__("This account cannot be kept any more: its files are being deleted already.")


class NotTheirs(Conflict):
    """An operator closed the account, so an operator opens it."""

    code = "closed_by_operator"

    def __init__(self) -> None:
        super().__init__("The studio's operator closed this account. Write to them to keep it.")


@dataclass(frozen=True, slots=True)
class AccountContents:
    """What goes with an account."""

    files: int
    bytes: int
    credits: int
    running: int
    tokens: int


_LEAVE = text("SELECT people_leave(:member, :days)")
_STAY = text("SELECT people_stay(:member)")
_ERRORS = {"AL101": LastOperator, "AL102": EarningsFirst}
OPEN = (State.QUEUED, State.RUNNING)


async def account_contents(db: AsyncSession, *, member_id: UUID) -> AccountContents:
    """What the acting member would lose."""
    files, size = (
        await db.execute(
            select(func.count(), func.coalesce(func.sum(Asset.bytes), 0)).where(Asset.member_id == member_id)
        )
    ).one()
    running = select(func.count()).where(Job.member_id == member_id, Job.state.in_(OPEN))
    tokens = select(func.count()).where(Token.member_id == member_id, Token.revoked_at.is_(None))
    credits = (await ledger.balance(db, member_id=member_id)).available
    return AccountContents(
        files, int(size), credits, int(await db.scalar(running) or 0), int(await db.scalar(tokens) or 0)
    )


async def leave(db: AsyncSession, accounts: AccountSettings, *, member_id: UUID, by: UUID, why: str = "") -> datetime:
    """Close an account, stop what it has running, and write to its member when it will be erased; that moment.

    `db` acts for the member, or for the studio in an operator's name. Again changes nothing.
    Raises `LastOperator`, `EarningsFirst`.
    """
    row = (
        await db.execute(select(Member.name, Member.email, Member.language, Member.state).where(Member.id == member_id))
    ).one_or_none()
    if row is None:
        raise NotFound("member")
    for job_id in (await db.scalars(select(Job.id).where(Job.member_id == member_id, Job.state.in_(OPEN)))).all():
        await jobs.cancel(db, job_id)
    try:
        async with db.begin_nested():
            due: datetime = (await db.execute(_LEAVE, {"member": member_id, "days": accounts.grace_days})).scalar_one()
    except DBAPIError as error:
        known = _ERRORS.get(getattr(error.orig, "sqlstate", "") or "")
        if known is None:
            raise
        raise known from error
    if row.state == "leaving":
        return due
    said = {"why": why} if why else {}
    await events.record(
        db,
        "member:leaving",
        member=by,
        subject=member_id,
        before=row.state,
        after="leaving",
        due=due.isoformat(),
        **said,
    )
    await accounts.writer.write(
        db,
        "people/mail/leaving.html",
        to=row.email,
        member_id=member_id,
        language=row.language,
        path="/sign-in",
        name=row.name,
        due=due,
        days=accounts.grace_days,
        by_studio=by != member_id,
    )
    return due


async def stay(db: AsyncSession, *, member_id: UUID, by: UUID) -> None:
    """Open an account again that was about to be erased. Raises `TooLate`, `NotTheirs`."""
    said = (await db.execute(_STAY, {"member": member_id})).scalar_one()
    if said == "studio":
        raise NotTheirs
    if said != "kept":
        raise TooLate
    await events.record(db, "member:stayed", member=by, subject=member_id, before="leaving")


async def departure(db: AsyncSession, member_id: UUID) -> Departure | None:
    """The departure of the acting member, or of any for the studio; None for who does not leave."""
    found: Departure | None = await db.get(Departure, member_id, populate_existing=True)
    return found

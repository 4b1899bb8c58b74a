"""Signing in by e-mail and password: the same work and the same answer, whatever of the two is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import Acting, Database
from atelier.base.errors import AtelierError, Forbidden, Unavailable
from atelier.people import confirmations, sessions
from atelier.people.factors import entrance
from atelier.people.factors.entrance import Opened
from atelier.people.locks import Locks, Place, succeeded
from atelier.people.passwords import Passwords
from atelier.people.rules import email_address
from atelier.people.tables import Member


class WrongPassword(AtelierError):
    """The e-mail and the password don't belong together, or there is no such account."""

    code = "wrong_password"
    status = 422

    def __init__(self) -> None:
        super().__init__("That e-mail and password don't belong together.", field="password")


class Closed(Forbidden):
    """The operator closed this account."""

    code = "account_closed"


class Leaving(Closed):
    """The account is about to be erased; who signs in can keep it."""

    def __init__(self, member_id: UUID) -> None:
        super().__init__("This account is about to be deleted. Sign in with a browser to keep it.")
        self.member_id = member_id


class Waits(Forbidden):
    """The operator has not let this member in yet."""

    code = "account_waits"


@dataclass(frozen=True, slots=True)
class Known:
    """What sign-in knows of the account that an e-mail names."""

    member_id: UUID
    state: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Proven:
    """Who knew their password; `welcome` says so to the locks, in the transaction that lets them in."""

    member_id: UUID
    claim: UUID
    renewed: str | None  # the password's hash as it is made by now


async def prove(
    database: Database, passwords: Passwords, locks: Locks, *, at: Place, email: str, password: str
) -> Proven:
    """Check who it is; nothing is opened yet.

    Raises `WrongPassword`, which counts towards the locks, `Locked`, or for a member who knows the password `Waits`,
    `Leaving` or `Closed`. Hashing is done outside any transaction.
    """
    claim = await locks.claim(at)
    known = await _find(database, email_address(email) or "")
    try:
        right, renewed = await passwords.check(password, known.password_hash if known else None)
    except Unavailable:
        await locks.succeeded(claim, clears=False)  # nobody looked at the password
        raise
    if known is None or not right:
        await locks.failed(claim, member=known.member_id if known else None, at=at)
        raise WrongPassword
    if known.state != "active":
        await locks.succeeded(claim, clears=False)
        if known.state == "waiting":
            raise Waits("Your account waits for the studio's operator.")
        if known.state == "leaving":
            raise Leaving(known.member_id)
        raise Closed("This account is closed. Write to the studio's operator.")
    return Proven(known.member_id, claim, renewed)


async def welcome(db: AsyncSession, proven: Proven, *, whole: bool = True) -> None:
    """Forget the tries that failed before, and keep the password as it is hashed by now; `db` acts for the member.

    Who still has to show a second factor is not `whole`: what they failed before goes on counting.
    """
    await succeeded(db, proven.claim, clears=whole)
    if proven.renewed is not None:
        await _keep(db, proven.member_id, proven.renewed)


async def sign_in(
    database: Database,
    passwords: Passwords,
    locks: Locks,
    *,
    at: Place,
    email: str,
    password: str,
    agent: str,
    address: str,
    wanted: str = "/",
) -> Opened:
    """Check who it is and open a session, or for who has a second factor half of one. Raises as `prove` does."""
    proven = await prove(database, passwords, locks, at=at, email=email, password=password)
    async with database.transaction(Acting.member(proven.member_id)) as db:
        opened = await entrance.open_door(db, member_id=proven.member_id, agent=agent, address=address, wanted=wanted)
        await welcome(db, proven, whole=not opened.half)
        return opened


async def check_password(database: Database, passwords: Passwords, *, member_id: UUID, password: str) -> None:
    """Raise `WrongPassword` unless this is the member's; for changes that need them to be there themselves."""
    async with database.transaction(Acting.member(member_id)) as db:
        kept = await db.scalar(select(Member.password_hash).where(Member.id == member_id))
    right, _ = await passwords.check(password, kept)
    if not right:
        raise WrongPassword


async def change_password(db: AsyncSession, *, member_id: UUID, password_hash: str, session_id: UUID | None) -> int:
    """Keep the new hash and end all the member's other sessions; return how many ended."""
    await _keep(db, member_id, password_hash)
    await confirmations.end_keys(db, member_id=member_id)
    await entrance.end_all(db, member_id=member_id)
    await events.record(db, "member:password_changed", member=member_id, subject=member_id)
    return await sessions.end_others(db, member_id=member_id, but=session_id)


async def change_name(db: AsyncSession, *, member_id: UUID, name: str) -> None:
    """Call the member by another name."""
    await db.execute(update(Member).where(Member.id == member_id).values(name=name))
    await events.record(db, "member:renamed", member=member_id, subject=member_id)


async def _keep(db: AsyncSession, member_id: UUID, password_hash: str) -> None:
    await db.execute(update(Member).where(Member.id == member_id).values(password_hash=password_hash))


async def _find(database: Database, email: str) -> Known | None:
    async with database.transaction(Acting.knocking(email)) as db:
        row = (
            await db.execute(select(Member.id, Member.state, Member.password_hash).where(Member.email == email))
        ).one_or_none()
    return Known(*row) if row else None

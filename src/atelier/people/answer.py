"""Answering requests by mail: the one place that looks whether an address is a member's, in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.db import Acting, Database
from atelier.notify import Writer
from atelier.people.tables import Confirmation, Member

_WISH = (
    Confirmation.id,
    Confirmation.purpose,
    Confirmation.email,
    Confirmation.member_id,
    Confirmation.language,
)


@dataclass(frozen=True, slots=True)
class MailRequest:
    """What somebody asked for at a door."""

    id: UUID
    purpose: str
    email: str
    member_id: UUID | None
    language: str


@dataclass(frozen=True, slots=True)
class Known:
    """The member whose address it is."""

    id: UUID
    name: str
    email: str
    language: str
    state: str


@dataclass(frozen=True, slots=True)
class Answerer:
    """What answering needs."""

    database: Database  # the worker's
    writer: Writer

    async def answer(self, wish_id: str) -> None:
        """Answer that request, once; the mail and the note that it is answered are written together."""
        unanswered = update(Confirmation).where(Confirmation.id == UUID(wish_id), Confirmation.answered_at.is_(None))
        async with self.database.transaction(Acting.for_studio()) as db:
            row = (await db.execute(unanswered.values(answered_at=func.now()).returning(*_WISH))).one_or_none()
            if row is None:
                return
            asked = MailRequest(*row)
            if asked.member_id is not None:
                await self._to_member(db, asked)
            elif not await self._to_visitor(db, asked):
                await db.execute(delete(Confirmation).where(Confirmation.id == asked.id))

    async def _to_visitor(self, db: AsyncSession, asked: MailRequest) -> bool:
        """Answer somebody signed out; whether the request's own key went out with it."""
        member = await _member(db, Member.email == asked.email)
        if asked.purpose == "reset" and member is not None and member.state != "banned":
            await db.execute(update(Confirmation).where(Confirmation.id == asked.id).values(member_id=member.id))
            await self._write(db, "reset", member.email, member, key_id=asked.id, path="/reset", name=member.name)
            return True
        if member is not None:
            if asked.purpose != "reset":
                await self._write(db, "already", member.email, member, path="/sign-in", name=member.name)
            return False
        if asked.purpose == "sign_up":
            await self._confirm(db, asked)
            return True
        open_wish = (
            select(*_WISH)
            .where(Confirmation.email == asked.email, Confirmation.purpose == "sign_up")
            .where(Confirmation.used_at.is_(None), Confirmation.expires_at > func.now())
            .order_by(Confirmation.id.desc())
            .limit(1)
        )
        row = (await db.execute(open_wish)).one_or_none()
        if row is not None:
            await self._confirm(db, MailRequest(*row))
        return False

    async def _confirm(self, db: AsyncSession, asked: MailRequest) -> None:
        await self.writer.write(
            db,
            "people/mail/confirm.html",
            to=asked.email,
            language=asked.language,
            key_id=asked.id,
            path="/confirm",
        )

    async def _to_member(self, db: AsyncSession, asked: MailRequest) -> None:
        member = await _member(db, Member.id == asked.member_id)
        if member is None:
            return
        if asked.purpose == "verify" and member.email == asked.email:
            await self._write(db, "verify", asked.email, member, key_id=asked.id, path="/confirm", name=member.name)
        if asked.purpose == "change":
            await self._write(db, "changing", member.email, member, path="/account", name=member.name, new=asked.email)
            other = await _member(db, Member.email == asked.email)
            if other is None:
                await self._write(db, "change", asked.email, member, key_id=asked.id, path="/confirm")
            elif other.id != member.id:
                await self._write(db, "already", other.email, other, path="/sign-in", name=other.name)

    async def _write(
        self,
        db: AsyncSession,
        letter: str,
        to: str,
        member: Known,
        *,
        path: str,
        key_id: UUID | None = None,
        **context: str,
    ) -> None:
        await self.writer.write(
            db,
            f"people/mail/{letter}.html",
            to=to,
            member_id=member.id,
            language=member.language,
            key_id=key_id,
            path=path,
            **context,
        )


async def _member(db: AsyncSession, which: object) -> Known | None:
    wanted = select(Member.id, Member.name, Member.email, Member.language, Member.state)
    row = (await db.execute(wanted.where(which))).one_or_none()  # type: ignore[arg-type]  # a column's comparison
    return Known(*row) if row else None


_OLD = text("DELETE FROM confirmations WHERE expires_at < now() - interval '1 day'")
_UNFINISHED = text("DELETE FROM entrances WHERE expires_at < now()")  # sign-ins whose second half never came


async def tend(database: Database) -> None:
    """Delete what is over; any number of workers may do this at once."""
    async with database.transaction(Acting.for_studio()) as db:
        await db.execute(_OLD)
        await db.execute(_UNFINISHED)

"""Answering wishes by mail: the one place that looks whether an address is a member's, in a worker."""

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
class Wish:
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
        """Answer that wish, once; the mail and the note that it is answered are written together."""
        unanswered = update(Confirmation).where(Confirmation.id == UUID(wish_id), Confirmation.answered_at.is_(None))
        async with self.database.transaction(Acting.for_studio()) as db:
            row = (await db.execute(unanswered.values(answered_at=func.now()).returning(*_WISH))).one_or_none()
            if row is None:
                return
            wish = Wish(*row)
            if wish.member_id is not None:
                await self._to_member(db, wish)
            elif not await self._to_visitor(db, wish):
                await db.execute(delete(Confirmation).where(Confirmation.id == wish.id))

    async def _to_visitor(self, db: AsyncSession, wish: Wish) -> bool:
        """Answer somebody signed out; whether the wish's own key went out with it."""
        member = await _member(db, Member.email == wish.email)
        if wish.purpose == "reset" and member is not None and member.state != "banned":
            await db.execute(update(Confirmation).where(Confirmation.id == wish.id).values(member_id=member.id))
            await self._write(db, "reset", member.email, member, key_id=wish.id, path="/reset", name=member.name)
            return True
        if member is not None:
            if wish.purpose != "reset":
                await self._write(db, "already", member.email, member, path="/sign-in", name=member.name)
            return False
        if wish.purpose == "sign_up":
            await self._confirm(db, wish)
            return True
        open_wish = (
            select(*_WISH)
            .where(Confirmation.email == wish.email, Confirmation.purpose == "sign_up")
            .where(Confirmation.used_at.is_(None), Confirmation.expires_at > func.now())
            .order_by(Confirmation.id.desc())
            .limit(1)
        )
        row = (await db.execute(open_wish)).one_or_none()
        if row is not None:
            await self._confirm(db, Wish(*row))
        return False

    async def _confirm(self, db: AsyncSession, wish: Wish) -> None:
        await self.writer.write(
            db,
            "people/mail/confirm.html",
            to=wish.email,
            language=wish.language,
            key_id=wish.id,
            path="/confirm",
        )

    async def _to_member(self, db: AsyncSession, wish: Wish) -> None:
        member = await _member(db, Member.id == wish.member_id)
        if member is None:
            return
        if wish.purpose == "verify" and member.email == wish.email:
            await self._write(db, "verify", wish.email, member, key_id=wish.id, path="/confirm", name=member.name)
        if wish.purpose == "change":
            await self._write(db, "changing", member.email, member, path="/account", name=member.name, new=wish.email)
            other = await _member(db, Member.email == wish.email)
            if other is None:
                await self._write(db, "change", wish.email, member, key_id=wish.id, path="/confirm")
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


# a wish that no entry stands for, as after a restore; whoever asked has long asked again after an hour
_LOST = text(
    """WITH lost AS MATERIALIZED (
         SELECT id FROM confirmations c WHERE answered_at IS NULL
           AND created_at BETWEEN now() - interval '1 hour' AND now() - interval '30 seconds'
           AND NOT EXISTS (SELECT FROM procrastinate_jobs q
             WHERE q.queueing_lock = 'answer:' || c.id AND q.status IN ('todo', 'doing'))
         LIMIT 100 FOR UPDATE OF c SKIP LOCKED)
       SELECT enter_background('people:answer', 'answer:' || id, jsonb_build_object('wish_id', id)) FROM lost"""
)
_OLD = text("DELETE FROM confirmations WHERE expires_at < now() - interval '1 day'")
_UNFINISHED = text("DELETE FROM entrances WHERE expires_at < now()")  # sign-ins whose second half never came


async def tend(database: Database) -> None:
    """Put wishes back that the queue lost, and throw old ones away; any number of workers may do this at once."""
    async with database.transaction(Acting.for_studio()) as db:
        await db.execute(_LOST)
        await db.execute(_OLD)
        await db.execute(_UNFINISHED)

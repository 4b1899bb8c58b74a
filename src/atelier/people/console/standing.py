"""What an operator changes about a member: their role, a ban, their sign-ins and tokens. Each leaves its fact."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.errors import BadRequest, Conflict, NotFound
from atelier.people.tables import Member, Session, Token
from atelier.web.caller import Role


class Yourself(Conflict):
    """An operator neither bans nor demotes themselves, so that there is always one left."""

    code = "yourself"

    def __init__(self) -> None:
        super().__init__("You cannot do this to your own account. Ask another operator.")


class NoRole(BadRequest):
    """There is no such role."""

    code = "no_such_role"


def role_of(written: str) -> Role:
    """The role that was chosen."""
    try:
        return Role(written)
    except ValueError:
        raise NoRole("Choose member, creator, support or operator.", field="role") from None


async def change_role(db: AsyncSession, *, by: UUID, member_id: UUID, role: Role) -> None:
    """Give a member another role; every process knows within a moment."""
    before, _ = await hold(db, by, member_id)
    if before == role:
        return
    await db.execute(update(Member).where(Member.id == member_id).values(role=role.value))
    await events.record(db, "member:role_changed", member=by, subject=member_id, before=before, after=role.value)


async def ban(db: AsyncSession, *, by: UUID, member_id: UUID, why: str) -> None:
    """Close an account: its sign-ins end at once, its tokens open nothing until it is open again."""
    _, before = await hold(db, by, member_id)
    if before == "banned":
        return
    if before == "leaving":
        raise Conflict("This account is closed already: it is about to be deleted.")
    if before == "waiting":  # to open it again would let them in, without a wallet
        raise Conflict("This account waits to come in. Decline it instead.")
    await db.execute(update(Member).where(Member.id == member_id).values(state="banned"))
    ended = await _end_sessions(db, member_id)
    await events.record(
        db, "member:banned", member=by, subject=member_id, before=before, after="banned", why=why, sessions=ended
    )


async def lift_ban(db: AsyncSession, *, by: UUID, member_id: UUID) -> None:
    """Open a closed account again."""
    _, before = await hold(db, by, member_id)
    if before != "banned":
        return
    await db.execute(update(Member).where(Member.id == member_id).values(state="active"))
    await events.record(db, "member:unbanned", member=by, subject=member_id, before="banned", after="active")


async def sign_out(db: AsyncSession, *, by: UUID, member_id: UUID, session_id: UUID | None = None) -> int:
    """End all of a member's sign-ins, or the one; return how many that were."""
    if await db.get(Member, member_id) is None:
        raise NotFound("member")
    ended = await _end_sessions(db, member_id, session_id)
    if session_id is not None and not ended:
        raise NotFound("session")
    await events.record(db, "member:signed_out", member=by, subject=member_id, sessions=ended)
    return ended


async def revoke_tokens(db: AsyncSession, *, by: UUID, member_id: UUID) -> int:
    """Revoke all of a member's API tokens for good; return how many that were."""
    found = await db.scalars(
        update(Token)
        .where(Token.member_id == member_id, Token.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(Token.id)
    )
    revoked = len(list(found))
    await events.record(db, "member:tokens_revoked", member=by, subject=member_id, tokens=revoked)
    return revoked


async def sessions_of(db: AsyncSession, member_id: UUID) -> list[Session]:
    """A member's open sessions, the one seen last first."""
    rows = await db.scalars(
        select(Session)
        .where(Session.member_id == member_id, Session.expires_at > func.now())
        .order_by(Session.seen_at.desc(), Session.id.desc())
        .limit(50)
    )
    return list(rows)


async def hold(db: AsyncSession, by: UUID, member_id: UUID) -> tuple[str, str]:
    """The member's role and state, held with the operator's until the change: two can't unseat each other at once."""
    if by == member_id:
        raise Yourself
    both = select(Member.id, Member.role, Member.state).where(Member.id.in_((by, member_id)))
    found = {row.id: row for row in await db.execute(both.order_by(Member.id).with_for_update())}
    if member_id not in found:
        raise NotFound("member")
    if by not in found or found[by].role != Role.OPERATOR or found[by].state != "active":
        raise Conflict("You are no operator any more.")
    return found[member_id].role, found[member_id].state


async def _end_sessions(db: AsyncSession, member_id: UUID, session_id: UUID | None = None) -> int:
    which = [Session.member_id == member_id, *([Session.id == session_id] if session_id else [])]
    return len(list(await db.scalars(delete(Session).where(*which).returning(Session.id))))

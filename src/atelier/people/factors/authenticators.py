"""Authenticator apps (TOTP, RFC 6238): proposed, confirmed by a first code, and each time step used once."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.clock import now
from atelier.base.db import rows_changed
from atelier.base.errors import Conflict, NotFound
from atelier.base.ids import new_id
from atelier.base.seal import Seal
from atelier.people.factors import rules
from atelier.people.factors.tables import Authenticator

ISSUER = "Atelier"


class Unreadable(Conflict):
    """The secret was sealed with another key, as after the studio's own secret was changed."""

    code = "authenticator_unreadable"

    def __init__(self) -> None:
        super().__init__("The studio cannot read this authenticator any more. Use a recovery code, and set it up anew.")


@dataclass(frozen=True, slots=True)
class Proposal:
    """An authenticator that waits for its first code: its secret to type, and as the address that its QR code holds."""

    secret: str
    address: str


async def propose(db: AsyncSession, seal: Seal, *, member_id: UUID) -> None:
    """Make a secret for the acting member; it counts once it is confirmed, and replaces one that waits."""
    await db.execute(delete(Authenticator).where(_mine(member_id), Authenticator.confirmed_at.is_(None)))
    made = new_id()
    secret = base64.b32encode(secrets.token_bytes(rules.SECRET)).decode()
    sealed = seal.close(secret, purpose=purpose(made, member_id))
    await db.execute(insert(Authenticator).values(id=made, member_id=member_id, secret=sealed).inline())


async def proposal(db: AsyncSession, seal: Seal, *, member_id: UUID, email: str) -> Proposal | None:
    """The one that waits, if one does."""
    found = await _find(db, seal, member_id, waiting=True)
    if found is None:
        return None
    address = rules.totp(found.secret).get_provisioning_uri(email, ISSUER)
    return Proposal(base64.b32encode(found.secret).decode(), address)


async def confirm(db: AsyncSession, seal: Seal, *, member_id: UUID, code: str, at: float | None = None) -> UUID | None:
    """Have the one that waits count from now on, instead of any before it; None if the code is not its own.

    Raises `NotFound` if none waits.
    """
    found = await _find(db, seal, member_id, waiting=True)
    if found is None:
        raise NotFound("authenticator")
    step = rules.matching_step(found.secret, rules.digits(code) or "", now().timestamp() if at is None else at)
    if step is None:
        return None
    await db.execute(delete(Authenticator).where(_mine(member_id), Authenticator.confirmed_at.is_not(None)))
    counts = update(Authenticator).where(Authenticator.id == found.id, Authenticator.confirmed_at.is_(None))
    changed = await db.execute(counts.values(confirmed_at=func.now(), used_at=func.now(), last_step=step))
    return found.id if rows_changed(changed) else None


async def check(db: AsyncSession, seal: Seal, *, member_id: UUID, code: str, at: float | None = None) -> bool:
    """Whether that is a code of the member's authenticator now, used for the first time; it is used up by that.

    Of two that ask at once the second waits for the first, and is refused.
    """
    found = await _find(db, seal, member_id, waiting=False)
    if found is None:
        return False
    step = rules.matching_step(found.secret, rules.digits(code) or "", now().timestamp() if at is None else at)
    if step is None:
        return False
    unused = or_(Authenticator.last_step.is_(None), Authenticator.last_step < step)
    used = update(Authenticator).where(Authenticator.id == found.id, unused)
    return bool(rows_changed(await db.execute(used.values(last_step=step, used_at=func.now()))))


async def find(db: AsyncSession, *, member_id: UUID) -> Authenticator | None:
    """The member's authenticator that counts, if they have one."""
    counts = select(Authenticator).where(_mine(member_id), Authenticator.confirmed_at.is_not(None))
    return (await db.scalars(counts)).one_or_none()


async def remove(db: AsyncSession, *, member_id: UUID) -> UUID:
    """Take the member's authenticator away; raises `NotFound`."""
    gone = delete(Authenticator).where(_mine(member_id), Authenticator.confirmed_at.is_not(None))
    removed = (await db.scalars(gone.returning(Authenticator.id))).one_or_none()
    if removed is None:
        raise NotFound("authenticator")
    return removed


@dataclass(frozen=True, slots=True)
class _Opened:
    id: UUID
    secret: bytes


async def _find(db: AsyncSession, seal: Seal, member_id: UUID, *, waiting: bool) -> _Opened | None:
    wanted = select(Authenticator.id, Authenticator.secret).where(
        _mine(member_id), Authenticator.confirmed_at.is_(None) if waiting else Authenticator.confirmed_at.is_not(None)
    )
    row = (await db.execute(wanted)).one_or_none()
    if row is None:
        return None
    secret = seal.open(row.secret, purpose=purpose(row.id, member_id))
    if secret is None:
        raise Unreadable
    return _Opened(row.id, base64.b32decode(secret))


def _mine(member_id: UUID) -> ColumnElement[bool]:
    return Authenticator.member_id == member_id


def purpose(id: UUID, member_id: UUID) -> str:
    """What the secret is sealed for: this row of this member, so that nobody's is put in another's place."""
    return f"authenticator {id} {member_id}"

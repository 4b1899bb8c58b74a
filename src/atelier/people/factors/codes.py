"""Recovery codes: ten that are shown once and kept as keyed digests, each good for one sign-in."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.crypto import sign
from atelier.base.db import rows_changed
from atelier.base.ids import new_id
from atelier.people.factors import rules
from atelier.people.factors.tables import RecoveryCode

KEY = "recovery codes"  # the purpose of the key of their digests


async def make(db: AsyncSession, key: bytes, *, member_id: UUID) -> list[str]:
    """Ten new ones for the acting member, to be shown this once; those before are good no more."""
    await db.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    made = rules.new_codes()
    rows = [{"id": new_id(), "member_id": member_id, "digest": _digest(key, member_id, code)} for code in made]
    await db.execute(insert(RecoveryCode).inline(), rows)
    await events.record(db, "recovery_code:made", member=member_id, subject=member_id, count=len(made))
    return made


async def use(db: AsyncSession, key: bytes, *, member_id: UUID, code: str) -> bool:
    """Whether that is one of the member's that is left; it is used up by that."""
    letters = rules.recovery_code(code)
    if letters is None:
        return False
    left = update(RecoveryCode).where(
        RecoveryCode.member_id == member_id,
        RecoveryCode.digest == _digest(key, member_id, letters),
        RecoveryCode.used_at.is_(None),
    )
    if not rows_changed(await db.execute(left.values(used_at=func.now()))):
        return False
    await events.record(
        db, "recovery_code:used", member=member_id, subject=member_id, left=await count(db, member_id=member_id)
    )
    return True


async def count(db: AsyncSession, *, member_id: UUID) -> int:
    """How many are left."""
    left = select(func.count()).where(RecoveryCode.member_id == member_id, RecoveryCode.used_at.is_(None))
    return int((await db.execute(left)).scalar_one())


def _digest(key: bytes, member_id: UUID, code: str) -> str:
    return sign(key, f"{member_id} {code.replace('-', '')}")

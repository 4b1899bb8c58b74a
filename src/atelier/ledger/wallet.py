"""Opening a wallet, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.ids import new_id


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's credits: `available` to spend, `held` for what has not ended, and `owed` where a debt was left."""

    available: int
    held: int
    owed: int = 0


_OPEN = text("SELECT ledger_open(:member, :id)")
_BALANCE = text(
    "SELECT coalesce((SELECT balance FROM accounts WHERE member_id = :member AND kind = 'wallet'), 0),"
    " coalesce((SELECT sum(amount)::bigint FROM holds"
    "           WHERE member_id = :member AND state = 'held' AND kind <> 'payout'), 0),"
    " coalesce((SELECT -balance FROM accounts WHERE member_id = :member AND kind = 'debt'), 0)"
)


async def open_wallet(db: AsyncSession, *, member_id: UUID) -> bool:
    """Give the member an empty wallet; False when they have one already."""
    return bool((await db.execute(_OPEN, {"member": member_id, "id": new_id()})).scalar_one())


async def balance(db: AsyncSession, *, member_id: UUID) -> Balance:
    """What the member can spend and what is held; a member without a wallet has nothing."""
    return Balance(*(await db.execute(_BALANCE, {"member": member_id})).one())

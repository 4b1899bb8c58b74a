"""A wallet's statement: every change of its balance, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Line:
    """One change of a wallet: by `amount` (signed), to `balance`; `id` is its transfer's, and the cursor of the rest.

    For a line of a hold: what it is `held_for` and that one's id, the hold's state, and what it `used` once that is
    known. For a reversal, the transfer that it `reverses`.
    """

    id: UUID
    at: datetime
    kind: str
    amount: int
    balance: int
    memo: str | None
    hold_id: UUID | None
    held_for: Literal["job", "call", "ticket", "payout"] | None
    hold: Literal["held", "settled", "released"] | None
    used: int | None
    reverses: UUID | None

    @property
    def job_id(self) -> UUID | None:
        """The job that the credits were held for, where it was a job."""
        return self.hold_id if self.held_for == "job" else None


_LINES = text("SELECT coalesce((SELECT lines FROM accounts WHERE member_id = :member AND kind = 'wallet'), 0)")
_WALLET = "(SELECT id FROM accounts WHERE member_id = :member AND kind = 'wallet')"
_STATEMENT = """
SELECT t.id, t.created_at, t.kind, p.amount, p.balance, coalesce(t.memo, h.memo), t.hold_id, h.kind, h.state, h.used,
       t.reverses
FROM postings p JOIN transfers t ON t.id = p.transfer_id LEFT JOIN holds h ON h.id = t.hold_id
WHERE p.member_id = :member AND p.account_id = {wallet} AND p.line < {before}
ORDER BY p.line DESC LIMIT :limit"""
_PLACE = "(SELECT line FROM postings WHERE transfer_id = :before AND account_id = {wallet})"
_NEWEST = text(_STATEMENT.format(wallet=_WALLET, before="2147483647"))
_BEFORE = text(_STATEMENT.format(wallet=_WALLET, before=_PLACE.format(wallet=_WALLET)))


async def statement(db: AsyncSession, *, member_id: UUID, before: UUID | None = None, limit: int = 50) -> list[Line]:
    """At most `limit` lines of the member's wallet, newest first: those before the line `before`, or the newest."""
    values = {"member": member_id, "limit": limit}
    rows = await db.execute(_BEFORE, values | {"before": before}) if before else await db.execute(_NEWEST, values)
    return [Line(*row) for row in rows]


async def lines(db: AsyncSession, *, member_id: UUID) -> int:
    """How many lines the member's statement has in all."""
    return int((await db.execute(_LINES, {"member": member_id})).scalar_one())

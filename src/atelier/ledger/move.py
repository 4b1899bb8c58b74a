"""Movements that the table `ledger_movements` allows, their reversal, and credits that expire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import Acting, Database
from atelier.base.errors import Conflict, Forbidden, NotFound
from atelier.base.ids import new_id
from atelier.ledger import rules
from atelier.ledger.grants import NoWallet
from atelier.ledger.holds import NotEnoughCredits

AT_ONCE = 500  # members whose credits one round looks at


class MovedOtherwise(Conflict):
    """The key names another movement of that kind."""

    code = "moved_otherwise"


class NotAllowed(Forbidden):
    """There is no such movement, or this connection may not make it."""

    code = "movement_not_allowed"


class NoTransfer(NotFound):
    """There is no such transfer."""

    code = "no_transfer"


_MOVE = text("SELECT ledger_move(:id, :kind, :member, :amount, :key, :memo, :expires)").bindparams(
    bindparam("expires", type_=DateTime(timezone=True)), bindparam("memo", type_=Text)
)
_REVERSE = text("SELECT ledger_reverse(:id, :transfer, :memo, :owes)").bindparams(bindparam("memo", type_=Text))
_DUE = text("SELECT DISTINCT member_id FROM lots WHERE open AND expires_at <= now() LIMIT :most")
_EXPIRE = text("SELECT ledger_expire(:member)")


async def move(
    db: AsyncSession,
    kind: str,
    *,
    member_id: UUID,
    amount: int,
    key: str,
    memo: str | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """Make one movement of a kind for a member, once for each `key`; False when it was made before.

    Between which accounts, and for whom, is a row of `ledger_movements`. What comes into a wallet is a lot that expires
    at `expires_at` or never, and pays the member's debt first. Raises `NotEnoughCredits`, unless the kind lets the
    member owe the rest.
    """
    values = {"id": new_id(), "kind": kind, "member": member_id, "amount": rules.whole(amount), "key": key}
    try:
        new = bool((await db.execute(_MOVE, values | {"memo": memo, "expires": expires_at})).scalar_one())
    except DBAPIError as error:
        raise _refusal(error, kind) from None
    if new:
        await events.record(db, "wallet:moved", member=member_id, subject=member_id, movement=kind, amount=amount)
    return new


async def reverse(db: AsyncSession, *, transfer_id: UUID, memo: str | None = None, owes: bool = False) -> bool:
    """Take one transfer back, exactly, by another that names it; False when that was done before. For the studio.

    Of a settled hold, what was used goes back to its lots. Where the wallet has less than came into it, `owes` leaves
    the rest as a debt; without it `NotEnoughCredits` is raised.
    """
    values = {"id": new_id(), "transfer": transfer_id, "memo": memo, "owes": owes}
    try:
        return bool((await db.execute(_REVERSE, values)).scalar_one())
    except DBAPIError as error:
        raise _refusal(error, "reverse") from None


async def expire(database: Database, *, most: int = AT_ONCE) -> int:
    """Move what has expired out of the wallets, one member a transaction; how many credits. Doing it twice is once."""
    async with database.transaction(Acting.for_studio()) as db:
        due = (await db.execute(_DUE, {"most": most})).scalars().all()
    total = 0
    for member_id in due:
        async with database.transaction(Acting.for_studio()) as db:
            gone = int((await db.execute(_EXPIRE, {"member": member_id})).scalar_one())
            if gone:
                await events.record(db, "wallet:expired", member=member_id, subject=member_id, amount=gone)
        total += gone
    return total


def _refusal(error: DBAPIError, kind: str) -> Exception:
    match rules.sqlstate(error):
        case rules.NOT_ENOUGH:
            return NotEnoughCredits(**rules.figures(error))
        case rules.NO_WALLET:
            return NoWallet("wallet", "This member has no account for that.")
        case rules.OTHER_MOVEMENT:
            return MovedOtherwise(f"That key belongs to another movement of the kind {kind}.", field="key")
        case rules.NOT_ALLOWED | "42501":
            return NotAllowed(f"This connection cannot make the movement {kind}. Nothing was moved.")
        case rules.NOT_FOUND:
            return NoTransfer("transfer")
        case rules.BAD_EXPIRY:
            return rules.BadExpiry("These credits cannot expire then.", field="expires_at")
    return error

"""Credits from the studio: by an operator's hand, or to welcome a new member."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.errors import Conflict, NotFound
from atelier.base.ids import new_id
from atelier.ledger import rules


class NoWallet(NotFound):
    """The member has no wallet to put credits in."""

    code = "no_wallet"


class GrantedOtherwise(Conflict):
    """The key names a grant to somebody else or of another amount."""

    code = "granted_otherwise"


_GRANT = text("SELECT ledger_grant(:id, :member, :amount, :key, :memo, :expires)").bindparams(
    bindparam("expires", type_=DateTime(timezone=True))
)
_TERMS = text("SELECT welcome FROM ledger_terms")
_SET_TERMS = text("UPDATE ledger_terms SET welcome = :amount WHERE welcome <> :amount")


async def grant(
    db: AsyncSession,
    *,
    member_id: UUID,
    amount: int,
    key: str,
    memo: str | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """Move `amount` credits from promotion to the member's wallet, once for each `key`; False when done before.

    They are a lot of their own, which expires at `expires_at` or never.

    For operators. A member's own connection may take the welcome (see `welcome`) and nothing else.
    """
    values = {"id": new_id(), "member": member_id, "amount": rules.whole(amount), "key": key, "memo": memo}
    values["expires"] = expires_at
    try:
        new = bool((await db.execute(_GRANT, values)).scalar_one())
    except DBAPIError as error:
        if rules.sqlstate(error) == rules.NO_WALLET:
            raise NoWallet("wallet", "This member has no wallet.") from None
        if rules.sqlstate(error) == rules.OTHER_MOVEMENT:
            raise GrantedOtherwise("That key belongs to another grant.", field="key") from None
        if rules.sqlstate(error) == rules.BAD_EXPIRY:
            raise rules.BadExpiry("These credits would have expired already.", field="expires_at") from None
        raise
    if new:
        await events.record(db, "wallet:granted", member=member_id, subject=member_id, amount=amount)
    return new


async def welcome(db: AsyncSession, *, member_id: UUID) -> int:
    """Give a new member the studio's welcome, once; the amount given, 0 when there is none or it was given before."""
    amount = int((await db.execute(_TERMS)).scalar_one())
    if amount and await grant(db, member_id=member_id, amount=amount, key=f"welcome:{member_id}", memo="Welcome"):
        return amount
    return 0


async def set_welcome(db: AsyncSession, *, amount: int) -> None:
    """State how many credits welcome each new member, from the settings; for operators' connections."""
    await db.execute(_SET_TERMS, {"amount": amount})

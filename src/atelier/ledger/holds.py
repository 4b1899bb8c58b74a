"""Holding credits for something, extending the hold, and ending it: settled for what was used, or released.

One round trip each. What is held for may be a job, a call, a ticket or a payout; `job_id` is its id.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.errors import AtelierError, Conflict, NotFound
from atelier.base.ids import new_id
from atelier.ledger import rules


class NotEnoughCredits(AtelierError):
    """The wallet has less than the job costs; `need` and `have` are among the details."""

    code = "not_enough_credits"
    status = 402

    def __init__(self, *, need: int, have: int) -> None:
        cost = "1 credit" if need == 1 else f"{need:,} credits"
        super().__init__(f"This costs {cost} and you have {have:,}.", need=need, have=have)
        self.need = need
        self.have = have


Kind = Literal["job", "call", "ticket", "payout"]


class HeldOtherwise(Conflict):
    """The job has a hold already: another member's, of another amount, or ended."""

    code = "held_otherwise"


class NoHold(NotFound):
    """The job has no hold that the caller may end."""

    code = "no_hold"


class UsedTooMuch(AtelierError):
    """A job cannot use more than was held for it, nor less than nothing."""

    code = "used_too_much"
    status = 500


_HOLD = text("SELECT ledger_hold(:id, :job, :member, :amount, :memo, :kind)")
_EXTEND = text("SELECT ledger_extend(:id, :job, :total)")
_SETTLE = text("SELECT ledger_settle(:id, :job, :used)")
_RELEASE = text("SELECT ledger_release(:id, :job)")


async def hold(
    db: AsyncSession, *, job_id: UUID, member_id: UUID, amount: int, memo: str | None = None, kind: Kind = "job"
) -> bool:
    """Move credits from the member's wallet to escrow; False when exactly that is held already.

    The lots that expire soonest are taken first. For a payout the credits come from the member's earnings.

    `memo` stands in the statement for ever, so it names the kind of work ("4 pictures") and never quotes a prompt.
    Raises `NotEnoughCredits`, after which the transaction can only be rolled back.
    """
    values = {"id": new_id(), "job": job_id, "member": member_id, "amount": rules.whole(amount), "memo": memo}
    with holding(job_id):
        return bool((await db.execute(_HOLD, values | {"kind": kind})).scalar_one())


async def extend(db: AsyncSession, *, job_id: UUID, total: int) -> bool:
    """Raise an open hold to `total` credits in all; False when it holds that much already.

    Raises `NotEnoughCredits` for what is missing, and `NoHold` where no hold is open.
    """
    with holding(job_id):
        return bool(
            (await db.execute(_EXTEND, {"id": new_id(), "job": job_id, "total": rules.whole(total)})).scalar_one()
        )


@contextmanager
def holding(job_id: UUID) -> Iterator[None]:
    """Says in the ledger's words why it refused, where a statement calls its `ledger_hold` among other things."""
    try:
        yield
    except DBAPIError as error:
        if rules.sqlstate(error) == rules.NOT_ENOUGH:
            raise NotEnoughCredits(**rules.figures(error)) from None
        if rules.sqlstate(error) == rules.OTHER_HOLD:
            raise HeldOtherwise("That job is paid for already.", job=str(job_id)) from None
        if rules.sqlstate(error) == rules.NOT_FOUND:
            raise NoHold("hold") from None
        raise


async def settle(db: AsyncSession, *, job_id: UUID, used: int) -> bool:
    """End the hold: `used` credits become revenue (of a payout: are paid out); False when it had ended already.

    The rest goes back to the lots that it came from, and pays the member's debt if there is one.

    For workers and operators. End one hold a transaction: two transactions that end the same holds in different order
    would wait for each other.
    """
    try:
        return bool((await db.execute(_SETTLE, {"id": new_id(), "job": job_id, "used": used})).scalar_one())
    except DBAPIError as error:
        if rules.sqlstate(error) == rules.OVERUSED:
            held = rules.figures(error)["held"]
            raise UsedTooMuch(f"The job cannot use {used}: {held} were held for it.", used=used, held=held) from None
        if rules.sqlstate(error) == rules.NOT_FOUND:
            raise NoHold("hold") from None
        raise


async def release(db: AsyncSession, *, job_id: UUID) -> bool:
    """End the job's hold and give all of it back; False when nothing is held (any more).

    A member's own connection may do so only once the job is canceled.
    """
    return bool((await db.execute(_RELEASE, {"id": new_id(), "job": job_id})).scalar_one())

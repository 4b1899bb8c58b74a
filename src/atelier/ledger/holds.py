"""Holding a job's price, and ending the hold: settled for what was used, or released. One round trip each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


_HOLD = text("SELECT ledger_hold(:id, :job, :member, :amount, :memo)")
_SETTLE = text("SELECT ledger_settle(:id, :job, :used)")
_RELEASE = text("SELECT ledger_release(:id, :job)")


async def hold(db: AsyncSession, *, job_id: UUID, member_id: UUID, amount: int, memo: str | None = None) -> bool:
    """Move the job's price from the member's wallet to escrow; False when exactly that is held already.

    `memo` stands in the statement for ever, so it names the kind of work ("4 pictures") and never quotes a prompt.
    Raises `NotEnoughCredits`, after which the transaction can only be rolled back.
    """
    wish = {"id": new_id(), "job": job_id, "member": member_id, "amount": rules.whole(amount), "memo": memo}
    with holding(job_id):
        return bool((await db.execute(_HOLD, wish)).scalar_one())


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
        raise


async def settle(db: AsyncSession, *, job_id: UUID, used: int) -> bool:
    """End the job's hold: `used` credits become revenue, the rest goes back; False when it had ended already.

    For workers and operators. End one hold a transaction: two transactions that end the same holds in different order
    would wait for each other.
    """
    try:
        return bool((await db.execute(_SETTLE, {"id": new_id(), "job": job_id, "used": used})).scalar_one())
    except DBAPIError as error:
        if rules.sqlstate(error) == rules.OVERUSED:
            held = rules.figures(error)["held"]
            raise UsedTooMuch(f"The job cannot use {used}: {held} were held for it.", used=used, held=held) from None
        if rules.sqlstate(error) == rules.NO_HOLD:
            raise NoHold("hold") from None
        raise


async def release(db: AsyncSession, *, job_id: UUID) -> bool:
    """End the job's hold and give all of it back; False when nothing is held (any more).

    A member's own connection may do so only once the job is canceled.
    """
    return bool((await db.execute(_RELEASE, {"id": new_id(), "job": job_id})).scalar_one())

"""Opening an account: the member, their wallet, the welcome credits and the fact, or none of them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base import events
from atelier.base.errors import Conflict
from atelier.people.tables import Member


class EmailTaken(Conflict):
    """The address already has an account."""

    code = "email_taken"

    def __init__(self) -> None:
        super().__init__("This e-mail cannot open another account. If it is yours, sign in instead.", field="email")


async def sign_up(db: AsyncSession, *, member_id: UUID, email: str, name: str, password_hash: str) -> int:
    """Make `member_id`, for whom `db` already acts, a member; return their welcome credits. `email` is normalised.

    Raises `EmailTaken`; the transaction is of no more use then.
    """
    try:
        await db.execute(insert(Member).values(id=member_id, email=email, name=name, password_hash=password_hash))
    except IntegrityError as error:
        raise EmailTaken from error
    await ledger.open_wallet(db, member_id=member_id)
    credits = await ledger.welcome(db, member_id=member_id)
    await events.record(db, "member:signed_up", member=member_id, subject=member_id, credits=credits)
    return credits

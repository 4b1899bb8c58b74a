"""Opening an account: the member, their wallet, the welcome credits and the fact, or none of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base import events
from atelier.base.errors import Conflict
from atelier.people.tables import Member


@dataclass(frozen=True, slots=True)
class Welcome:
    """What decides about a newcomer's welcome: digests of their mailbox and network, and how many of one network."""

    mailbox: str
    network: str | None  # None: not counted
    most: int
    within_s: float


class EmailTaken(Conflict):
    """The address already has an account."""

    code = "email_taken"

    def __init__(self) -> None:
        super().__init__("This e-mail cannot open another account. If it is yours, sign in instead.", field="email")


async def sign_up(
    db: AsyncSession,
    *,
    member_id: UUID,
    email: str,
    name: str,
    password_hash: str | None,
    language: str = "en",
    welcome: Welcome | None = None,
    waits: bool = False,
) -> int:
    """Make `member_id`, for whom `db` already acts, a member; return their welcome credits. `email` is normalised.

    A mailbox is welcomed once, and few of a network; without `welcome` nobody asks. Who `waits` for an operator's
    approval has neither wallet nor welcome until then. Raises `EmailTaken`; the transaction is of no more use then.
    """
    values = {"id": member_id, "email": email, "name": name, "password_hash": password_hash, "language": language}
    try:
        await db.execute(insert(Member).values(values | {"state": "waiting" if waits else "active"}))
    except IntegrityError as error:
        raise EmailTaken from error
    credits = 0 if waits else await settle_in(db, member_id=member_id, welcome=welcome)
    await events.record(db, "member:signed_up", member=member_id, subject=member_id, credits=credits)
    return credits


async def settle_in(db: AsyncSession, *, member_id: UUID, welcome: Welcome | None) -> int:
    """Open the member's wallet and put the welcome in it, if they are to have one; return the credits."""
    await ledger.open_wallet(db, member_id=member_id)
    if welcome is not None and not (await db.execute(_WELCOME, asdict(welcome))).scalar_one():
        return 0
    return await ledger.welcome(db, member_id=member_id)


async def welcomes(db: AsyncSession, *, network: str, most: int, within_s: float) -> bool:
    """Whether the next newcomer of that network is welcomed, unless their mailbox was before."""
    asked = {"network": network, "most": most, "within_s": within_s}
    return bool((await db.execute(_WELCOMES, asked)).scalar_one())


_WELCOME = text("SELECT people_welcome(:mailbox, :network, :most, :within_s)")
_WELCOMES = text("SELECT people_welcomes(:network, :most, :within_s)")

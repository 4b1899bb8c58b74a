"""Wishes that are answered by mail, and the keys in those mails: single use, kept as digests, and soon too old.

A request is written without looking whether there is such a member, so nothing at the door can tell: neither words nor
time. A worker looks (`answer`), and only the mailbox learns what it found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.crypto import digest
from atelier.base.db import Acting, Database
from atelier.base.errors import AtelierError
from atelier.base.ids import new_id
from atelier.notify import Keys
from atelier.notify.keys import KEY
from atelier.people.tables import Confirmation

LASTS = {
    "sign_up": timedelta(hours=24),
    "again": timedelta(hours=1),
    "reset": timedelta(hours=1),
    "verify": timedelta(hours=24),
    "change": timedelta(hours=24),
}


class KeySpent(AtelierError):
    """The key is unknown, used or too old."""

    code = "key_spent"
    status = 410

    def __init__(self) -> None:
        super().__init__("This link has been used or has expired. Ask for a new one.")


@dataclass(frozen=True, slots=True)
class Good:
    """A key that can still be used, and what it is for."""

    id: UUID
    purpose: str
    email: str
    member_id: UUID | None
    name: str | None
    password_hash: str | None
    language: str
    invitation_id: UUID | None
    binding: str | None
    wanted: str | None


_GOOD = select(
    Confirmation.id,
    Confirmation.purpose,
    Confirmation.email,
    Confirmation.member_id,
    Confirmation.name,
    Confirmation.password_hash,
    Confirmation.language,
    Confirmation.invitation_id,
    Confirmation.binding,
    Confirmation.wanted,
)


async def ask(
    db: AsyncSession,
    keys: Keys,
    purpose: str,
    *,
    email: str,
    language: str,
    member_id: UUID | None = None,
    **more: object,
) -> UUID:
    """Write a request; a worker answers it by mail. `more`: what a sign-up keeps until it is confirmed."""
    wish_id = new_id()
    values = {
        "id": wish_id,
        "purpose": purpose,
        "email": email,
        "language": language,
        "member_id": member_id,
        "digest": keys.digest(wish_id),
        "expires_at": func.now() + LASTS[purpose],
        **more,
    }
    await db.execute(insert(Confirmation).values(values).inline())  # nothing is read back: a visitor may not
    return wish_id


async def find(database: Database, key: str, *purposes: str) -> Good:
    """What a key is good for, one of `purposes`; raises `KeySpent`. It stays good."""
    if not KEY.fullmatch(key):
        raise KeySpent
    named = digest(key)
    async with database.transaction(Acting.knocking(named)) as db:
        row = (await db.execute(_GOOD.where(Confirmation.digest == named))).one_or_none()
    if row is None or row.purpose not in purposes:
        raise KeySpent
    return Good(**row._asdict())


async def spend(db: AsyncSession, key: str) -> None:
    """Use the key up for the acting member; `KeySpent` if somebody was quicker."""
    if (await db.execute(text("SELECT people_spend_key(:key)"), {"key": key})).scalar_one() is None:
        raise KeySpent


async def prove(db: AsyncSession, key: str) -> bool:
    """Write down what a key that this transaction spent proves: whose address it is. False if it is theirs no more."""
    return bool((await db.execute(text("SELECT people_prove_address(:key)"), {"key": key})).scalar_one())


async def end_keys(db: AsyncSession, *, member_id: UUID) -> None:
    """End the member's open keys: what was asked for before a change of password is good no more."""
    await db.execute(
        update(Confirmation)
        .where(
            Confirmation.member_id == member_id, Confirmation.used_at.is_(None), Confirmation.expires_at > func.now()
        )
        .values(expires_at=func.now())
    )

"""Passkeys (WebAuthn Level 3): made, used, renamed, removed. One opens the account alone, or is its second factor."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.crypto import base64url, from_base64url
from atelier.base.db import Acting, act, rows_changed
from atelier.base.errors import AtelierError, Conflict, NotFound
from atelier.base.ids import new_id
from atelier.people.factors.tables import Passkey

MOST = 20  # passkeys of one member
LONGEST = 20_000  # characters of an answer
COPIED_FAULT = "This passkey seems to have been copied, so it opens nothing any more. Come in another way."


class BadPasskey(AtelierError):
    """What the browser sent proves nothing: it is mangled, for somebody else, or the passkey is gone."""

    code = "passkey_refused"
    status = 422

    def __init__(self, reason: str = "unreadable", *, member_id: UUID | None = None) -> None:
        super().__init__("That passkey opens nothing here. It may have been removed.")
        self.reason = reason
        self.member_id = member_id  # whose it is, as far as that is known


class Copied(BadPasskey):
    """The passkey's counter went back, so somebody has a copy of it: it opens nothing any more."""

    code = "passkey_copied"

    def __init__(self, passkey_id: UUID, member_id: UUID) -> None:
        super().__init__("counter", member_id=member_id)
        self.passkey_id = passkey_id
        self.message = COPIED_FAULT


class TooManyPasskeys(Conflict):
    """A member has as many as anybody has devices."""

    code = "too_many_passkeys"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent, as far as it can be read without believing it."""

    credential: str
    challenge: str
    user: str | None
    whole: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Owner:
    """The passkey that was used, and whose it is."""

    passkey_id: UUID
    member_id: UUID


def read(written: str) -> Answer:
    """Read an answer; raises `BadPasskey` for what is none."""
    try:
        if not 0 < len(written) <= LONGEST:
            raise ValueError
        whole = json.loads(written)
        said = json.loads(from_base64url(whole["response"]["clientDataJSON"]))
        credential, challenge, user = whole["id"], said["challenge"], whole["response"].get("userHandle")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadPasskey from error
    if not all(isinstance(each, str) for each in (credential, challenge, user or "")):
        raise BadPasskey
    return Answer(credential, challenge, user, whole)


async def add(
    db: AsyncSession, answer: Answer, *, challenge: bytes, rp_id: str, origin: str, member_id: UUID, name: str
) -> UUID:
    """Keep a new passkey of the acting member; raises `BadPasskey`, and `TooManyPasskeys`."""
    from atelier.people.factors import ceremony

    if len(await list_passkeys(db, member_id=member_id)) >= MOST:
        raise TooManyPasskeys("You have 20 passkeys. Remove one that you don't need; nothing was added.")
    try:
        made = ceremony.made(answer.whole, challenge=challenge, rp_id=rp_id, origin=origin)
    except Exception as error:  # the library names some of what garbage does to it, and not all
        raise BadPasskey(type(error).__name__, member_id=member_id) from error
    said = answer.whole["response"].get("transports")
    passkey_id = new_id()
    row = {
        "id": passkey_id,
        "member_id": member_id,
        "credential": base64url(made.credential_id),
        "public_key": made.credential_public_key,
        "sign_count": made.sign_count,
        "transports": sorted(ceremony.TRANSPORTS & {each for each in said if isinstance(each, str)}) if said else [],
        "backed_up": made.credential_backed_up,
        "name": name,
    }
    try:
        await db.execute(insert(Passkey).values(row).inline())
    except IntegrityError as error:
        raise BadPasskey("known already", member_id=member_id) from error
    return passkey_id


async def use(
    db: AsyncSession, answer: Answer, *, challenge: bytes, rp_id: str, origin: str, member_id: UUID | None = None
) -> Owner:
    """Whose passkey signed this; `db` acts for that member from here on. `member_id`: whose it must be.

    Raises `BadPasskey`; `Copied`, after which the caller commits `halt` in a transaction of its own.
    """
    from atelier.people.factors import ceremony

    await act(db, Acting.knocking(answer.credential))
    owner = (await db.execute(select(Passkey.id, Passkey.member_id))).one_or_none()
    if owner is None or (member_id is not None and owner.member_id != member_id):
        raise BadPasskey("unknown", member_id=member_id)
    await act(db, Acting.member(owner.member_id))
    kept = (
        await db.execute(
            select(Passkey.public_key, Passkey.sign_count, Passkey.halted_at)
            .where(Passkey.id == owner.id)
            .with_for_update()
        )
    ).one_or_none()
    if kept is None or kept.halted_at is not None:
        raise BadPasskey("halted", member_id=owner.member_id)
    if answer.user != base64url(owner.member_id.bytes) and (answer.user or member_id is None):
        raise BadPasskey("made for somebody else", member_id=owner.member_id)
    try:
        used = ceremony.used(answer.whole, challenge=challenge, rp_id=rp_id, origin=origin, public_key=kept.public_key)
    except Exception as error:
        raise BadPasskey(type(error).__name__, member_id=owner.member_id) from error
    if (used.new_sign_count or kept.sign_count) and used.new_sign_count <= kept.sign_count:
        raise Copied(owner.id, owner.member_id)
    await db.execute(
        update(Passkey)
        .where(Passkey.id == owner.id)
        .values(sign_count=used.new_sign_count, backed_up=used.credential_backed_up, used_at=func.now())
    )
    return Owner(owner.id, owner.member_id)


async def halt(db: AsyncSession, *, passkey_id: UUID, member_id: UUID) -> bool:
    """Have a passkey that was copied open nothing any more; whether it did until now."""
    mine = update(Passkey).where(Passkey.id == passkey_id, Passkey.member_id == member_id, Passkey.halted_at.is_(None))
    return bool(rows_changed(await db.execute(mine.values(halted_at=func.now()))))


async def list_passkeys(db: AsyncSession, *, member_id: UUID) -> list[Passkey]:
    """The member's, the first made first."""
    return list(await db.scalars(select(Passkey).where(Passkey.member_id == member_id).order_by(Passkey.id)))


async def find(db: AsyncSession, *, member_id: UUID, passkey_id: UUID) -> Passkey:
    """One of the member's; raises `NotFound`."""
    mine = select(Passkey).where(Passkey.id == passkey_id, Passkey.member_id == member_id)
    found = (await db.scalars(mine)).one_or_none()
    if found is None:
        raise NotFound("passkey")
    return found


async def rename(db: AsyncSession, *, member_id: UUID, passkey_id: UUID, name: str) -> None:
    """Call it otherwise; raises `NotFound`."""
    mine = update(Passkey).where(Passkey.id == passkey_id, Passkey.member_id == member_id)
    if not rows_changed(await db.execute(mine.values(name=name))):
        raise NotFound("passkey")


async def remove(db: AsyncSession, *, member_id: UUID, passkey_id: UUID) -> str:
    """Take it away, and return its name; raises `NotFound`."""
    gone = delete(Passkey).where(Passkey.id == passkey_id, Passkey.member_id == member_id)
    name = (await db.scalars(gone.returning(Passkey.name))).one_or_none()
    if name is None:
        raise NotFound("passkey")
    return name

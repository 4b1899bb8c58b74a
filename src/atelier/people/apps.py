"""Sign-ins of apps: phones and scripts that hold an access token for minutes and a refresh token for weeks.

Such a sign-in is a session that no cookie opens, so whatever ends sessions ends it: signing out everywhere, a new
password, a ban. Its refresh tokens are its family and go with it. Each is good once; one that comes back has been in
two hands, and ends the family.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.clock import now
from atelier.base.crypto import digest
from atelier.base.db import Acting, Database, act
from atelier.base.errors import AtelierError
from atelier.base.ids import new_id
from atelier.base.marked import LENGTH, is_secret, new_secret, seal, spell
from atelier.notify import Writer
from atelier.notify.write import BadRecipient
from atelier.people import sessions
from atelier.people.access_tokens import AccessTokens, Key
from atelier.people.tables import Member, RefreshToken, Session

PREFIX = "atr_"
LASTS = timedelta(days=30)  # without being used
LONGEST = timedelta(days=365)  # after signing in, however often it was used
PATIENCE = timedelta(seconds=10)  # for who asks again because the answer was lost


class RefreshRefused(AtelierError):
    """The refresh token is none, spent, expired, or of a sign-in that ended (RFC 6749, section 5.2)."""

    code = "invalid_grant"
    status = 400

    def __init__(self) -> None:
        super().__init__("This refresh token is spent, expired or revoked. Sign in again.", field="refresh_token")


@dataclass(frozen=True, slots=True)
class Pair:
    """What an app gets: both tokens, and what they may do."""

    access: str
    refresh: str
    scopes: tuple[str, ...]


async def start(
    db: AsyncSession, access: AccessTokens, *, member_id: UUID, name: str, address: str, scopes: Iterable[str]
) -> Pair:
    """Sign an app in for the acting member, as `name` in their list of devices."""
    session_id, secret, may = new_id(), new_secret(PREFIX), tuple(sorted(set(scopes)))
    await sessions.make_room(db, member_id=member_id)
    row = {
        "id": session_id,
        "member_id": member_id,
        "kind": "app",
        "scopes": list(may),
        "agent": sessions.printable(name),
        "address": sessions.printable(address),
        "expires_at": func.now() + LASTS,
    }
    await db.execute(insert(Session).values(row))
    first = {"id": new_id(), "member_id": member_id, "session_id": session_id, "digest": digest(secret)}
    await db.execute(insert(RefreshToken).values(**first, expires_at=func.now() + LASTS).inline())
    await events.record(
        db, "session:started", member=member_id, subject=session_id, app=sessions.printable(name), scopes=list(may)
    )
    return Pair(access.make(member_id=member_id, session_id=session_id, scopes=may, at=now()), secret, may)


_REFRESH = text(
    "SELECT outcome, whose, family, called, may"
    " FROM people_refresh(:secret, :heir, :heir_digest, :again, :patience, :lasts, :longest)"
)


async def refresh(
    database: Database, access: AccessTokens, writer: Writer, key: Key, *, secret: str, again: str | None = None
) -> Pair:
    """Both tokens anew for a refresh token, which is spent by it; `RefreshRefused` for one that is not good.

    One that was spent before ends its family, is written down, and its member is told by mail. Who sends a word of
    their own as `again` gets the same answer to the same word for ten seconds, as long as nobody used what it brought.
    """
    if not is_secret(PREFIX, secret):
        raise RefreshRefused
    heir = _heir(key, secret, again) if again else new_secret(PREFIX)
    values = {
        "secret": secret,
        "heir": new_id(),
        "heir_digest": digest(heir),
        "again": digest(again) if again else None,
        "patience": PATIENCE,
        "lasts": LASTS,
        "longest": LONGEST,
    }
    async with database.transaction(Acting.nobody()) as db:
        found = (await db.execute(_REFRESH, values)).one_or_none()
        if found is not None and found.outcome == "reused":
            await act(db, Acting.member(found.whose))
            await _tell(db, writer, member_id=found.whose, session_id=found.family, app=found.called)
    if found is None or found.outcome == "reused":
        raise RefreshRefused
    made = access.make(member_id=found.whose, session_id=found.family, scopes=found.may, at=now())
    return Pair(made, heir, tuple(found.may))


_END = text("SELECT whose, family FROM people_end_app(:secret)")


async def end(database: Database, secret: str) -> None:
    """End the sign-in that a refresh token belongs to, spent or not; one that is nobody's ends nothing."""
    if not is_secret(PREFIX, secret):
        return
    async with database.transaction(Acting.nobody()) as db:
        for whose, family in (await db.execute(_END, {"secret": secret})).all():
            await act(db, Acting.member(whose))
            await events.record(db, "session:ended", member=whose, subject=family)


def _heir(key: Key, secret: str, again: str) -> str:
    """The refresh token that answers this one and this word: the same each time, and only we can say which."""
    mac = hmac.digest(key("refresh heirs"), f"{secret} {again}".encode(), "sha256")
    return seal(PREFIX, spell(int.from_bytes(mac), LENGTH))


async def _tell(db: AsyncSession, writer: Writer, *, member_id: UUID, session_id: UUID, app: str) -> None:
    await events.record(db, "token:reused", member=member_id, subject=session_id, app=app)
    wanted = select(Member.name, Member.email, Member.language).where(Member.id == member_id)
    row = (await db.execute(wanted)).one()
    with suppress(BadRecipient):  # the family ends whether or not its member can be told
        await writer.write(
            db,
            "people/mail/reused.html",
            to=row.email,
            member_id=member_id,
            language=row.language,
            path="/account",
            name=row.name,
            app=app,
        )

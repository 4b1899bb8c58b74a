"""Signing out there after signing out here, and here because somebody signed out there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.crypto import digest
from atelier.base.db import Acting, Database, act
from atelier.base.errors import AtelierError, NotFound
from atelier.base.seal import Seal
from atelier.people import sessions
from atelier.people.oidc.discovery import Metadata
from atelier.people.oidc.provider import Provider
from atelier.people.oidc.said import session_key, subject_key
from atelier.people.oidc.tables import ProviderSession
from atelier.people.oidc.verify import FRESH, LEEWAY, Told

LONGEST = 7000  # characters of an address that servers surely take


class HeardBefore(AtelierError):
    """This very sign-out was told before."""

    code = "logout_heard_before"

    def __init__(self) -> None:
        super().__init__("This logout token has been used.")


@dataclass(frozen=True, slots=True)
class Memory:
    """By whose word a session was opened, and the ID token that says so."""

    provider: str
    hint: str | None


async def memory(db: AsyncSession, seal: Seal, *, session_id: UUID) -> Memory | None:
    """What is remembered of the acting member's session, if a provider opened it."""
    wanted = select(ProviderSession.provider, ProviderSession.hint).where(ProviderSession.session_id == session_id)
    row = (await db.execute(wanted)).one_or_none()
    if row is None:
        return None
    return Memory(row.provider, seal.open(row.hint, purpose=f"hint {session_id}") if row.hint else None)


def address_there(provider: Provider, metadata: Metadata, hint: str | None, *, origin: str) -> str | None:
    """Where the browser signs out there and is sent back from (RP-Initiated Logout 1.0), if the provider has that."""
    if metadata.end_session is None:
        return None
    asked = {"client_id": provider.client_id, "post_logout_redirect_uri": f"{origin}/"}
    if hint is not None:
        asked["id_token_hint"] = hint
    address = f"{metadata.end_session}{'&' if urlsplit(metadata.end_session).query else '?'}{urlencode(asked)}"
    return address if len(address) <= LONGEST else None


async def end_here(database: Database, provider: Provider, told: Told) -> int:
    """End the sessions that a logout token names, at once; how many. Raises `HeardBefore`, and ends none then."""
    subject = subject_key(provider.issuer, told.subject) if told.subject else None
    sid = session_key(provider.issuer, told.sid) if told.sid else None
    async with database.transaction(Acting.knocking(sid or subject or "")) as db:
        first = await db.execute(
            text("SELECT people_logout_once(:named, :until)"),
            {
                "named": digest(f"{provider.issuer}\njti\n{told.claims['jti']}"),
                "until": datetime.fromtimestamp(told.claims["iat"], UTC) + timedelta(seconds=FRESH + 2 * LEEWAY),
            },
        )
        if not first.scalar_one():
            raise HeardBefore
        columns = (ProviderSession.session_id, ProviderSession.member_id, ProviderSession.subject_key)
        rows = (await db.execute(select(*columns))).all()
        meant = [row for row in rows if subject is None or row.subject_key == subject]
        for row in meant:
            await act(db, Acting.member(row.member_id))
            with suppress(NotFound):  # ended in another way just now
                await sessions.end(db, member_id=row.member_id, session_id=row.session_id)
        await act(db, Acting.nobody())
        await events.record(db, "provider:signed_out", member=None, provider=provider.id, sessions=len(meant))
        return len(meant)

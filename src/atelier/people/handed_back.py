"""Tokens that their holder hands back: each ends what it opened, for good (RFC 7009)."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.clock import now
from atelier.base.crypto import digest
from atelier.base.db import Acting, Database, act
from atelier.base.errors import NotFound
from atelier.people import apps, sessions, tokens
from atelier.people.access_tokens import Access, AccessTokens
from atelier.people.tables import Token


async def hand_back(database: Database, access: AccessTokens, token: str) -> None:
    """End the sign-in of a refresh or access token, or a personal token; one that is not good ends nothing."""
    if tokens.is_token(token):
        async with database.transaction(Acting.knocking(digest(token))) as db:
            await _personal(db, token)
    elif (said := access.read(token, at=now())) is not None:
        async with database.transaction(Acting.member(said.member_id)) as db:
            await _app(db, said)
    else:
        await apps.end(database, token)


async def _personal(db: AsyncSession, token: str) -> None:
    wanted = select(Token.id, Token.member_id).where(Token.digest == digest(token), Token.revoked_at.is_(None))
    row = (await db.execute(wanted)).one_or_none()
    if row is not None:
        await act(db, Acting.member(row.member_id))
        with suppress(NotFound):  # revoked just now
            await tokens.revoke(db, member_id=row.member_id, token_id=row.id)


async def _app(db: AsyncSession, said: Access) -> None:
    with suppress(NotFound):  # signed out before
        await sessions.end(db, member_id=said.member_id, session_id=said.session_id)

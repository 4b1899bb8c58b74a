"""Personal API tokens: shown once, kept as a digest, revoked for good."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.clock import now
from atelier.base.crypto import digest, new_token
from atelier.base.db import rows_changed
from atelier.base.errors import Conflict, Forbidden, NotFound
from atelier.base.ids import new_id
from atelier.people.tables import Token
from atelier.web.caller import Caller

PREFIX = "atl_"
SECRET = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}", re.ASCII)
MOST = 50


class TooManyTokens(Conflict):
    """A member has as many tokens in use as anybody needs."""

    code = "too_many_tokens"


class OnlyYourself(Forbidden):
    """Tokens are made by a signed-in person, so that a stolen one cannot outlive its revocation."""

    code = "session_needed"

    def __init__(self) -> None:
        super().__init__("Sign in with a browser to make a token; a token cannot make another.")


def check_maker(caller: Caller) -> None:
    """Raise unless the caller is signed in by a session."""
    if caller.session_id is None:
        raise OnlyYourself


async def create(db: AsyncSession, *, member_id: UUID, name: str, days: int | None = None) -> tuple[Token, str]:
    """Make a token for the acting member, good for `days` or until revoked; return its row and, once, its secret."""
    if await count(db, member_id=member_id) >= MOST:
        raise TooManyTokens("You have 50 tokens in use. Revoke one that you don't need.")
    secret = PREFIX + new_token()
    token = Token(
        id=new_id(),
        member_id=member_id,
        name=name,
        digest=digest(secret),
        hint=secret[:8],
        created_at=now(),
        expires_at=now() + timedelta(days=days) if days else None,
        used_at=None,
        revoked_at=None,
    )
    columns = ("id", "member_id", "name", "digest", "hint", "created_at", "expires_at")
    await db.execute(insert(Token).values({column: getattr(token, column) for column in columns}))
    await events.record(db, "token:created", member=member_id, subject=token.id, name=name)
    return token, secret


async def list_tokens(
    db: AsyncSession, *, member_id: UUID, before: UUID | None = None, limit: int = MOST
) -> list[Token]:
    """The member's tokens that are not revoked, newest first, those older than `before`."""
    wanted = select(Token).where(Token.member_id == member_id, Token.revoked_at.is_(None))
    if before is not None:
        wanted = wanted.where(Token.id < before)
    return list(await db.scalars(wanted.order_by(Token.id.desc()).limit(limit)))


async def count(db: AsyncSession, *, member_id: UUID) -> int:
    """How many tokens the member has that are not revoked."""
    in_use = select(func.count()).where(Token.member_id == member_id, Token.revoked_at.is_(None))
    return int((await db.execute(in_use)).scalar_one())


async def revoke(db: AsyncSession, *, member_id: UUID, token_id: UUID) -> None:
    """End a token at once and for good; `NotFound` if the member has none of that id in use."""
    changed = await db.execute(
        update(Token)
        .where(Token.id == token_id, Token.member_id == member_id, Token.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
    if not rows_changed(changed):
        raise NotFound("token")
    await events.record(db, "token:revoked", member=member_id, subject=token_id)

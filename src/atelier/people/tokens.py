"""Personal API tokens: shown once, kept as a digest, good for some things and for a while, revoked for good."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.clock import now
from atelier.base.crypto import digest
from atelier.base.db import rows_changed
from atelier.base.errors import Conflict, NotFound
from atelier.base.ids import new_id
from atelier.base.marked import LENGTH, is_secret, new_secret, seal, spell
from atelier.people.tables import Token
from atelier.web.scopes import Scope

PREFIX = "atl_"
_OLDER = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}", re.ASCII)  # from before they had a checksum
MOST = 50
DAYS = 90  # that a token works unless its maker says otherwise
READ = frozenset({Scope.JOBS_READ, Scope.ASSETS_READ, Scope.MODELS_READ, Scope.WALLET_READ, Scope.ACCOUNT_READ})
MAKE = frozenset({Scope.JOBS_READ, Scope.JOBS_WRITE, Scope.ASSETS_READ, Scope.MODELS_READ, Scope.WALLET_READ})
PRESETS: dict[str, frozenset[Scope]] = {"read": READ, "make": MAKE}  # what most tokens are for
EXPIRES_SOON = timedelta(days=14)


class TooManyTokens(Conflict):
    """A member has as many tokens in use as anybody needs."""

    code = "too_many_tokens"


def is_token(text: str) -> bool:
    """Whether that could be one of ours."""
    return is_secret(PREFIX, text) or _OLDER.fullmatch(text) is not None


def secret_of_form(key: bytes, member_id: UUID, form: UUID | None) -> str:
    """The secret of the token that a form makes: the same for the same form, and random without one.

    It cannot be found from the database and `key` together: the form's own key is kept nowhere.
    """
    if form is None:
        return new_secret(PREFIX)
    chance = hmac.digest(key, member_id.bytes + form.bytes, "sha512")
    return seal(PREFIX, spell(int.from_bytes(chance), LENGTH))


async def create(
    db: AsyncSession,
    *,
    member_id: UUID,
    name: str,
    scopes: Iterable[Scope],
    days: int | None = DAYS,
    token_id: UUID | None = None,
    secret: str | None = None,
) -> tuple[Token, str]:
    """Make a token for the acting member, good for `days` or until revoked; return its row and, once, its secret.

    `token_id` and `secret` are for who has chosen them, as a form that may be sent twice.
    """
    if await count(db, member_id=member_id) >= MOST:
        raise TooManyTokens("You have 50 tokens in use. Revoke one that you don't need.")
    secret, may = secret or new_secret(PREFIX), sorted(set(scopes))
    token = Token(
        id=token_id or new_id(),
        member_id=member_id,
        name=name,
        digest=digest(secret),
        hint=secret[:8],
        tail=secret[-4:],
        scopes=may,
        used_at=None,
        revoked_at=None,
    )
    columns = ("id", "member_id", "name", "digest", "hint", "tail", "scopes")
    row = {column: getattr(token, column) for column in columns}
    row |= {"created_at": func.now(), "expires_at": func.now() + timedelta(days=days) if days else None}
    written = insert(Token).values(row).returning(Token.created_at, Token.expires_at)
    token.created_at, token.expires_at = (await db.execute(written)).one()
    await events.record(db, "token:created", member=member_id, subject=token.id, name=name, scopes=may, days=days)
    return token, secret


def ending(token: Token) -> str:
    """How near a token's end is: `over`, `soon`, `later` or `never`."""
    if token.expires_at is None:
        return "never"
    left = token.expires_at - now()
    return "over" if left <= timedelta() else "soon" if left <= EXPIRES_SOON else "later"


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

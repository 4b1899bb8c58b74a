"""Who makes a request: where a session's cookie, an API token or an app's access token becomes a caller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request
from sqlalchemy import Select, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import request_origin
from atelier.base.clock import now
from atelier.base.crypto import digest
from atelier.base.db import Acting, Database, act
from atelier.people import sessions, tokens
from atelier.people.access_tokens import Access, AccessTokens
from atelier.people.tables import Member, Session, Token
from atelier.web.caller import STAFF, Caller, Role
from atelier.web.parts import Parts, parts

SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Held:
    """What a request brings to say who it is, by its digest: a session's cookie, or a token; of an access token also
    what it says."""

    digest: str
    token: bool
    access: Access | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The caller behind what was held, and for how many seconds more that is good; None for ever."""

    caller: Caller
    expires_in: float | None


def secret_of(request: Request) -> Held | None:
    """What the request holds, or None.

    A request with a bearer token never falls back to its cookie: the check against other sites' writes relies on that.
    """
    authorization = request.headers.get("authorization", "")
    if authorization.lower().startswith("bearer "):
        secret = authorization[len("bearer ") :].strip()
        if tokens.is_token(secret):
            return Held(digest(secret), token=True)
        access = access_tokens(parts(request)).read(secret, at=now())
        return Held(digest(secret), token=True, access=access) if access is not None else None
    cookie = sessions.cookie_secret(request, parts(request).origin)
    return Held(digest(cookie), token=False) if cookie else None


async def look_up(request: Request, held: Held) -> Found | None:
    """Ask the database who holds that, and note that they were seen."""
    database = parts(request).web_db
    if held.access is not None:
        return await _app(database, held.access)
    return await (_bearer if held.token else _browser)(database, held.digest)


def access_tokens(here: Parts) -> AccessTokens:
    """What makes and reads this studio's access tokens."""
    return AccessTokens(here.key, here.origin)


_WHO = (Member.id, Member.name, Member.email, Member.role, Member.protected)
_OLD = func.now() - SEEN_EVERY


def _by_session(
    named: str,
) -> Select[UUID, str, str, str, bool, UUID, datetime, bool, UUID | None, datetime | None, datetime | None]:
    looks = (Session.looks_at, Session.looks_until)
    return (
        select(*_WHO, Session.id, Session.expires_at, Session.seen_at < _OLD, *looks, Session.confirmed_at)
        .join_from(Session, Member, Member.id == Session.member_id)
        .where(Session.digest == named, Session.expires_at > func.now(), Member.state == "active")
    )


def _by_token(named: str) -> Select[UUID, str, str, str, bool, UUID, datetime | None, bool, list[str]]:
    return (
        select(*_WHO, Token.id, Token.expires_at, func.coalesce(Token.used_at < _OLD, literal(True)), Token.scopes)
        .join_from(Token, Member, Member.id == Token.member_id)
        .where(
            Token.digest == named,
            Token.revoked_at.is_(None),
            or_(Token.expires_at.is_(None), Token.expires_at > func.now()),
            Member.state == "active",
        )
    )


async def _browser(database: Database, named: str) -> Found | None:
    async with database.transaction(Acting.knocking(named)) as db:
        row = (await db.execute(_by_session(named))).one_or_none()
        if row is None:
            return None
        member_id, name, email, role, protected, session_id, expires, old, looks_at, looks_until, confirmed = row
        if looks_at is not None and looks_until is not None and role == Role.OPERATOR:
            seen = await _looked_at(db, looks_at, looks_until, by=member_id)
            if seen is not None:
                return seen
        if old and not request_origin.current().reads:
            await act(db, Acting.member(member_id))
            await db.execute(update(Session).where(Session.id == session_id).values(seen_at=func.now()))
        caller = Caller(
            member_id,
            name,
            email,
            Role(role),
            session_id=session_id,
            confirmed_at=confirmed,
            protected=protected,
        )
        return _found(caller, expires)


async def _looked_at(db: AsyncSession, member_id: UUID, until: datetime, *, by: UUID) -> Found | None:
    """The member at whose pages an operator looks, if they still do; nobody looks through other operators' eyes."""
    row = (await db.execute(select(*_WHO).where(Member.id == member_id))).one_or_none()
    if row is None or until <= now() or row.role in STAFF:
        return None
    caller = Caller(row.id, row.name, row.email, Role(row.role), looking=by, protected=row.protected)
    return Found(caller, (until - now()).total_seconds())


async def _bearer(database: Database, named: str) -> Found | None:
    async with database.transaction(Acting.knocking(named)) as db:
        row = (await db.execute(_by_token(named))).one_or_none()
        if row is None:
            return None
        member_id, name, email, role, protected, token_id, expires, old, scopes = row
        if old:
            await act(db, Acting.member(member_id))
            await db.execute(
                update(Token).where(Token.id == token_id, Token.revoked_at.is_(None)).values(used_at=func.now())
            )
        caller = Caller(
            member_id, name, email, Role(role), token_id=token_id, protected=protected, scopes=frozenset(scopes)
        )
        return _found(caller, expires)


async def _app(database: Database, access: Access) -> Found | None:
    """The member behind an access token, as long as the sign-in that it names is there; the token alone opens nothing.

    Our signature says whose it is, so the transaction acts for them from the start.
    """
    async with database.transaction(Acting.member(access.member_id)) as db:
        wanted = (
            select(*_WHO, Session.expires_at, Session.seen_at < _OLD)
            .join_from(Session, Member, Member.id == Session.member_id)
            .where(Session.id == access.session_id, Session.member_id == access.member_id, Session.kind == "app")
            .where(Session.expires_at > func.now(), Member.state == "active")
        )
        row = (await db.execute(wanted)).one_or_none()
        if row is None:
            return None
        member_id, name, email, role, protected, expires, old = row
        if old:
            await db.execute(update(Session).where(Session.id == access.session_id).values(seen_at=func.now()))
        caller = Caller(member_id, name, email, Role(role), protected=protected, scopes=access.scopes)
        return _found(caller, min(expires, access.expires_at))


def _found(caller: Caller, expires: datetime | None) -> Found:
    return Found(caller, (expires - now()).total_seconds() if expires else None)

"""Who makes a request: the one place where a session's cookie or an API token becomes a caller."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import Request
from sqlalchemy import Select, func, literal, or_, select, update

from atelier.base.crypto import digest
from atelier.base.db import Acting, Database, act
from atelier.people import sessions, tokens
from atelier.people.tables import Member, Session, Token
from atelier.web.caller import Caller, Role
from atelier.web.parts import parts

SEEN_EVERY = timedelta(minutes=1)


async def identify(request: Request) -> Caller | None:
    """The member behind a request's bearer token or else its cookie; None for nobody, whatever was sent instead.

    A request with a bearer token never falls back to its cookie: the check against other sites' writes relies on that.
    """
    here = parts(request)
    authorization = request.headers.get("authorization", "")
    if authorization.lower().startswith("bearer "):
        secret = authorization[len("bearer ") :].strip()
        return await _bearer(here.web_db, digest(secret)) if tokens.SECRET.fullmatch(secret) else None
    cookie = sessions.cookie_secret(request, here.origin)
    return await _browser(here.web_db, digest(cookie)) if cookie else None


_WHO = (Member.id, Member.name, Member.email, Member.role)
_OLD = func.now() - SEEN_EVERY


def _by_session(named: str) -> Select[UUID, str, str, str, UUID, bool]:
    return (
        select(*_WHO, Session.id, Session.seen_at < _OLD)
        .join_from(Session, Member, Member.id == Session.member_id)
        .where(Session.digest == named, Session.expires_at > func.now(), Member.state == "active")
    )


def _by_token(named: str) -> Select[UUID, str, str, str, UUID, bool]:
    return (
        select(*_WHO, Token.id, func.coalesce(Token.used_at < _OLD, literal(True)))
        .join_from(Token, Member, Member.id == Token.member_id)
        .where(
            Token.digest == named,
            Token.revoked_at.is_(None),
            or_(Token.expires_at.is_(None), Token.expires_at > func.now()),
            Member.state == "active",
        )
    )


async def _browser(database: Database, named: str) -> Caller | None:
    async with database.transaction(Acting.knocking(named)) as db:
        row = (await db.execute(_by_session(named))).one_or_none()
        if row is None:
            return None
        member_id, name, email, role, session_id, old = row
        if old:
            await act(db, Acting.member(member_id))
            await db.execute(update(Session).where(Session.id == session_id).values(seen_at=func.now()))
        return _caller(member_id, name, email, role, session_id=session_id)


async def _bearer(database: Database, named: str) -> Caller | None:
    async with database.transaction(Acting.knocking(named)) as db:
        row = (await db.execute(_by_token(named))).one_or_none()
        if row is None:
            return None
        member_id, name, email, role, token_id, old = row
        if old:
            await act(db, Acting.member(member_id))
            await db.execute(
                update(Token).where(Token.id == token_id, Token.revoked_at.is_(None)).values(used_at=func.now())
            )
        return _caller(member_id, name, email, role, token_id=token_id)


def _caller(
    member_id: UUID,
    name: str,
    email: str,
    role: str,
    *,
    session_id: UUID | None = None,
    token_id: UUID | None = None,
) -> Caller:
    return Caller(member_id, name, email, Role(role), session_id=session_id, token_id=token_id)

"""Sign-ins: a browser's has an opaque cookie, its digest in the database, gone there when it ends.

An app's is a session that no cookie opens (`apps.py`): it is listed and ended here like every other.
"""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.crypto import digest, new_token
from atelier.base.db import rows_changed
from atelier.base.errors import NotFound
from atelier.base.ids import new_id
from atelier.base.text import one_line
from atelier.people.tables import Session

LASTS = timedelta(days=30)
AT_ONCE = timedelta(0)
MOST = 50  # sessions of one member
SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


async def start(
    db: AsyncSession,
    *,
    member_id: UUID,
    agent: str,
    address: str,
    session_id: UUID | None = None,
    confirmed_ago: timedelta | None = AT_ONCE,
) -> str:
    """Open a session for the acting member, and return the secret for the cookie.

    `confirmed_ago` says how long ago they showed who they are; None: it is not known.
    """
    secret, session_id = new_token(), session_id or new_id()
    await make_room(db, member_id=member_id)
    await db.execute(
        insert(Session).values(
            id=session_id,
            member_id=member_id,
            digest=digest(secret),
            agent=printable(agent),
            address=printable(address),
            expires_at=func.now() + LASTS,
            confirmed_at=None if confirmed_ago is None else func.now() - confirmed_ago,
        )
    )
    await events.record(db, "session:started", member=member_id, subject=session_id)
    return secret


async def make_room(db: AsyncSession, *, member_id: UUID) -> None:
    """Clear away what is expired, and the sessions seen longest ago where there are more than anybody has devices."""
    mine = select(Session.id).where(Session.member_id == member_id)
    surplus = mine.order_by(Session.seen_at.desc(), Session.id.desc()).offset(MOST - 1)
    await db.execute(
        delete(Session).where(
            Session.member_id == member_id, or_(Session.expires_at <= func.now(), Session.id.in_(surplus))
        )
    )


async def list_sessions(db: AsyncSession, *, member_id: UUID) -> list[Session]:
    """The member's open sessions, the one seen last first."""
    rows = await db.scalars(
        select(Session)
        .where(Session.member_id == member_id, Session.expires_at > func.now())
        .order_by(Session.seen_at.desc(), Session.id.desc())
    )
    return list(rows)


async def end(db: AsyncSession, *, member_id: UUID, session_id: UUID) -> None:
    """End one session of the member's; `NotFound` if there is none of that id."""
    ended = await db.execute(delete(Session).where(Session.id == session_id, Session.member_id == member_id))
    if not rows_changed(ended):
        raise NotFound("session")
    await events.record(db, "session:ended", member=member_id, subject=session_id)


async def end_others(db: AsyncSession, *, member_id: UUID, but: UUID | None) -> int:
    """End all the member's sessions except `but`; return how many that were."""
    ended = await db.scalars(
        delete(Session).where(Session.member_id == member_id, Session.id.is_distinct_from(but)).returning(Session.id)
    )
    found = list(ended)
    for session_id in found:
        await events.record(db, "session:ended", member=member_id, subject=session_id)
    return len(found)


def cookie_name(origin: str) -> str:
    """The cookie's name; on https the prefix makes browsers refuse one that another host or path set (RFC 6265bis)."""
    return "__Host-atelier" if origin.startswith("https://") else "atelier"


def set_cookie(response: Response, origin: str, secret: str) -> None:
    """Hand the browser its session."""
    response.set_cookie(
        cookie_name(origin),
        secret,
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=origin.startswith("https://"),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, origin: str) -> None:
    """Take the session away from the browser."""
    response.delete_cookie(
        cookie_name(origin), path="/", secure=origin.startswith("https://"), httponly=True, samesite="lax"
    )


def cookie_secret(request: Request, origin: str) -> str | None:
    """The session's secret that the browser sends, if it could be one of ours."""
    sent = request.cookies.get(cookie_name(origin), "")
    return sent if SECRET.fullmatch(sent) else None


def printable(text: str) -> str:
    """What a browser or an app says of itself, as it may stand on a page."""
    return one_line(text, 200)

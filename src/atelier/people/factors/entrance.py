"""Half a sign-in: who they are has been shown once, and the account asks for more. It is no session and opens nothing.

The browser keeps a cookie of its own, the database its digest, for ten minutes and once; a new password ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.crypto import digest, new_token
from atelier.base.db import Acting, Database
from atelier.base.errors import AtelierError
from atelier.base.ids import new_id
from atelier.people import sessions
from atelier.people.factors.tables import Entrance
from atelier.people.oidc.tables import ProviderSession
from atelier.people.tables import Member

LASTS = timedelta(minutes=9)
MOST = 5  # of one member at once
PAGE = "/sign-in/second"


class Expired(AtelierError):
    """There is no half sign-in that this browser could finish."""

    code = "sign_in_expired"
    status = 410

    def __init__(self) -> None:
        super().__init__("This sign-in took too long or has been used. Nothing was changed; sign in again.")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a door opened: a session, or with `half` only the way to the second factor. `secret` is for its cookie."""

    secret: str
    half: bool = False


@dataclass(frozen=True, slots=True)
class Half:
    """A sign-in that waits for its second factor, and where it leads to."""

    id: UUID
    member_id: UUID
    wanted: str


async def open_door(
    db: AsyncSession,
    *,
    member_id: UUID,
    agent: str,
    address: str,
    wanted: str = "/",
    id: UUID | None = None,
    provider: Mapping[str, Any] | None = None,
    confirmed_ago: timedelta | None = sessions.AT_ONCE,
) -> Opened:
    """Let the acting member in, as far as what they showed reaches; `id` is the session's, now or later.

    `provider` is the rest of the row that remembers by whose word the session is opened. `confirmed_ago` says how long
    ago they showed who they are, None if that is not known; a second factor is asked for now in any case.
    """
    session_id = id or new_id()
    protected = (await db.execute(select(Member.protected).where(Member.id == member_id))).scalar_one()
    if protected:
        return Opened(await _begin(db, session_id, member_id, wanted, provider), half=True)
    return Opened(await _start(db, session_id, member_id, agent, address, provider, confirmed_ago))


async def find(database: Database, secret: str | None) -> Half | None:
    """The half sign-in with that cookie, if it can still be finished."""
    if secret is None:
        return None
    async with database.transaction(Acting.knocking(digest(secret))) as db:
        row = (await db.execute(select(Entrance.id, Entrance.member_id, Entrance.wanted))).one_or_none()
    return Half(*row) if row else None


async def finish(db: AsyncSession, half: Half, *, agent: str, address: str) -> str:
    """Open the session whose second factor was shown; its cookie's secret. `db` acts for the member.

    Raises `Expired` if it was finished or ended meanwhile, and for an account that was closed.
    """
    gone = delete(Entrance).where(
        Entrance.id == half.id, Entrance.member_id == half.member_id, Entrance.expires_at > func.now()
    )
    row = (await db.execute(gone.returning(Entrance.provider))).one_or_none()
    state = await db.scalar(select(Member.state).where(Member.id == half.member_id))
    if row is None or state != "active":
        raise Expired
    return await _start(db, half.id, half.member_id, agent, address, row.provider)


async def end_all(db: AsyncSession, *, member_id: UUID) -> None:
    """End the member's half sign-ins: what they were begun with is good no more."""
    await db.execute(delete(Entrance).where(Entrance.member_id == member_id))


async def _begin(
    db: AsyncSession, session_id: UUID, member_id: UUID, wanted: str, provider: Mapping[str, Any] | None
) -> str:
    secret = new_token()
    surplus = select(Entrance.id).where(Entrance.member_id == member_id).order_by(Entrance.id.desc()).offset(MOST - 1)
    old = or_(Entrance.expires_at <= func.now(), Entrance.id.in_(surplus))
    await db.execute(delete(Entrance).where(Entrance.member_id == member_id, old))
    row = {
        "id": session_id,
        "member_id": member_id,
        "digest": digest(secret),
        "wanted": wanted,
        "provider": dict(provider) if provider is not None else None,
        "expires_at": func.now() + LASTS,
    }
    await db.execute(insert(Entrance).values(row).inline())
    await events.record(db, "session:half_open", member=member_id, subject=member_id)
    return secret


async def _start(
    db: AsyncSession,
    session_id: UUID,
    member_id: UUID,
    agent: str,
    address: str,
    provider: Mapping[str, Any] | None,
    confirmed_ago: timedelta | None = sessions.AT_ONCE,
) -> str:
    secret = await sessions.start(
        db,
        member_id=member_id,
        agent=agent,
        address=address,
        session_id=session_id,
        confirmed_ago=confirmed_ago,
    )
    if provider is not None:
        row = {"session_id": session_id, "member_id": member_id, **provider}
        await db.execute(insert(ProviderSession).values(row).inline())
    return secret


def onward(origin: str, opened: Opened) -> Response:
    """Send a browser that is half in to the page that asks for the rest."""
    response = RedirectResponse(PAGE, 303)
    response.set_cookie(
        _cookie(origin),
        opened.secret,
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=origin.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
    return response


def forget(response: Response, origin: str) -> None:
    """Take the cookie away."""
    response.delete_cookie(
        _cookie(origin), path="/", secure=origin.startswith("https://"), httponly=True, samesite="lax"
    )


def secret_of(request: Request, origin: str) -> str | None:
    """The cookie that a browser sends, if it could be one of ours."""
    sent = request.cookies.get(_cookie(origin), "")
    return sent if sessions.SECRET.fullmatch(sent) else None


def _cookie(origin: str) -> str:
    return ("__Host-" if origin.startswith("https://") else "") + "atelier-entrance"

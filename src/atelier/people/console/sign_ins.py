"""Who is signed in where: every open session in the studio, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.ids import parse_id
from atelier.limits.limit import GENERAL, PAGES
from atelier.people import rules
from atelier.people.console import standing
from atelier.people.tables import Member, Session
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes

routes = Routes(prefix="/console/sessions", include_in_schema=False)
PAGE = 50


@dataclass(frozen=True, slots=True)
class SignIn:
    """One open session, and whose it is."""

    id: UUID
    member_id: UUID
    name: str
    email: str
    kind: str
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime


_COLUMNS = (Session.id, Member.id, Member.name, Member.email, Session.kind, Session.agent, Session.address)
_TIMES = (Session.created_at, Session.seen_at)


async def sign_ins(
    db: AsyncSession, *, words: str = "", before: UUID | None = None, limit: int = PAGE
) -> tuple[list[SignIn], int]:
    """At most `limit` open sessions whose address begins with `words`, or whose member's name or e-mail has them; and
    how many there are in all. `db` acts for the studio."""
    matching = [Session.expires_at > func.now()]
    if words := words.strip().lower():
        matching.append(
            or_(
                Session.address.startswith(words, autoescape=True),
                Member.email.contains(words, autoescape=True),
                func.lower(Member.name).contains(words, autoescape=True),
            )
        )
    joined = select(*_COLUMNS, *_TIMES).join_from(Session, Member, Member.id == Session.member_id).where(*matching)
    total = (await db.execute(select(func.count()).select_from(joined.subquery()))).scalar_one()
    wanted = joined.where(Session.id < before) if before else joined
    rows = await db.execute(wanted.order_by(Session.id.desc()).limit(limit))
    return [SignIn(*row) for row in rows], total


@routes.get("", access=Access.SUPPORT, limit=PAGES)
async def sessions_page(request: Request, here: Here, db: Db, q: str = "", before: str | None = None) -> Response:
    """Every open session."""
    words = q.replace("\0", " ").strip()[:100]
    cursor = parse_id(before, "page") if before else None
    found, total = await sign_ins(db, words=words, before=cursor, limit=PAGE + 1)
    return here.templates.page(
        request,
        "people/console/sessions.html",
        sessions=found[:PAGE],
        total=total,
        q=words,
        before=before,
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        device=rules.device,
        done=request.query_params.get("done", ""),
    )


@routes.post("/{session_id}/sign-out", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def sign_out(me: Me, db: Db, session_id: str) -> Response:
    """End one of them."""
    ended = parse_id(session_id, "session")
    owner = await db.scalar(select(Session.member_id).where(Session.id == ended))
    if owner is not None:  # else it ended just now
        await standing.sign_out(db, by=me.member_id, member_id=owner, session_id=ended)
    return RedirectResponse("/console/sessions?done=out", 303)

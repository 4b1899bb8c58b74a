"""What every request can reach: the parts that bootstrap put on the application, and the request's transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.db import Acting, Database
from atelier.base.signals import Signals
from atelier.limits import Limiter
from atelier.limits.network import Networks
from atelier.web.access import Access
from atelier.web.caller import Caller, Identify
from atelier.web.streams import Streams
from atelier.web.templates import Templates

Found = TypeVar("Found")
Surround = Callable[[Request, Caller], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the edge needs of the studio."""

    web_db: Database
    operator_db: Database
    signals: Signals
    limiter: Limiter
    templates: Templates
    identify: Identify
    origin: str
    production: bool
    key: Callable[[str], bytes]  # one of the studio's own for each purpose
    debug: bool = False
    welcome_credits: int = 0
    streams: Streams = field(default_factory=Streams)
    trusted_proxies: Networks = ()
    staff: Surround | None = None  # what the console asks of who may see it; raises where that is missing
    surround: Surround | None = None  # puts on the request's state what every page of a member shows around its content


def parts(request: Request) -> Parts:
    """The parts, with `origin` as this request's browser sees it.

    Whoever comes by https, through a trusted proxy, to a studio whose settings name no https address gets links and
    cookies for https all the same. The host was compared with the list of allowed ones before.
    """
    found: Parts = request.app.state.parts
    if request.scope.get("scheme") == "https" and found.origin.startswith("http://"):
        host = request.headers.get("host")
        return replace(found, origin=f"https://{host}") if host else found
    return found


def caller(request: Request) -> Caller:
    """The member who makes this request; only on routes whose access rule asks for one."""
    found: Caller = request.state.caller
    assert found is not None, "a route that asks for its caller must not be public"
    return found


def maybe_caller(request: Request) -> Caller | None:
    """The member who makes this request, or None on a public route."""
    found: Caller | None = request.state.caller
    return found


def acting(request: Request) -> tuple[Database, Acting]:
    """The connections and the acting that suit a request: operators' routes see the studio, all others one member."""
    here, who = parts(request), maybe_caller(request)
    if who is None:
        return here.web_db, Acting.nobody()
    if request.state.access in (Access.OPERATOR, Access.SUPPORT):
        return here.operator_db, Acting.for_studio(who.member_id)
    return here.web_db, Acting.member(who.member_id)


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    database, who = acting(request)
    async with database.transaction(who) as db:
        yield db


def promptly(read: Callable[[Request], Found]) -> Callable[[Request], Awaitable[Found]]:
    """A dependency that reads what is there already. FastAPI has a thread run what is no coroutine, which takes longer
    than all that is read."""

    async def reads(request: Request) -> Found:
        return read(request)

    return reads


Here = Annotated[Parts, Depends(promptly(parts))]
Me = Annotated[Caller, Depends(promptly(caller))]
MaybeMe = Annotated[Caller | None, Depends(promptly(maybe_caller))]
# the request's one transaction, committed before the answer leaves
Db = Annotated[AsyncSession, Depends(_transaction, scope="function")]

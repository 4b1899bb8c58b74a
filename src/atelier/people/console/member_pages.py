"""The members in the console, and each of them: what they have and did, and what an operator can change about them."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base import events
from atelier.base.ids import UUID, new_id, parse_id
from atelier.base.text import is_one_line
from atelier.limits.flags import LOOKS, SwitchedOff, flag
from atelier.limits.limit import GENERAL, PAGES
from atelier.people import locks, rules
from atelier.people.console import lockouts, look, members, standing
from atelier.people.leaving.leave import departure
from atelier.people.trail import Wanted, trail
from atelier.web.access import Access
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me, Parts
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
PAGE = 30
WHY_FAULT = "Write why, for the trail, at most 200 characters."


@routes.get("/console/members", access=Access.SUPPORT, limit=PAGES)
async def members_page(request: Request, here: Here, db: Db, q: str = "", cursor: str | None = None) -> Response:
    """The members, found by name or e-mail."""
    words = q.replace("\0", "")[:100]
    before = parse_id(cursor, "page") if cursor else None
    found, total = await members.search(db, words=words, before=before, limit=PAGE + 1)
    return here.templates.page(
        request,
        "people/console/members.html",
        members=found[:PAGE],
        total=total,
        q=words,
        cursor=cursor,
        next=found[PAGE - 1].id if len(found) > PAGE else None,
    )


@routes.get("/console/members/{member_id}", access=Access.SUPPORT, limit=PAGES)
async def member_page(request: Request, here: Here, db: Db, member_id: str) -> Response:
    """One member: what they have, what they did, where they are signed in."""
    return await page(request, here, db, parse_id(member_id, "member"))


@routes.post("/console/members/{member_id}/grants", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def grant(
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    member_id: str,
    amount: FormText = "",
    memo: FormText = "",
    key: FormText = "",
) -> Response:
    """Give credits: asked for once without a key, then confirmed with it; the same key gives only once."""
    found = await members.find(db, parse_id(member_id, "member"))
    typed = {"amount": amount, "memo": memo}
    try:
        credits, words = members.grant_of(amount, memo)
    except members.BadGrant as error:
        request.state.balance = await ledger.balance(db, member_id=me.member_id)
        return await page(request, here, db, found.id, typed=typed, faults={error.field or "": error.message})
    if not key:
        request.state.balance = await ledger.balance(db, member_id=me.member_id)
        return here.templates.page(
            request, "people/console/grant.html", member=found, amount=credits, memo=words, key=new_id()
        )
    name = f"console:{parse_id(key, 'grant')}"
    if await ledger.grant(db, member_id=found.id, amount=credits, key=name, memo=words):
        await events.record(db, "console:granted", member=me.member_id, subject=found.id, amount=credits, memo=words)
    return RedirectResponse(f"/console/members/{found.id}?given={credits}", 303)


@routes.post("/console/members/{member_id}/role", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def change_role(me: Me, db: Db, member_id: str, role: FormText = "") -> Response:
    """Give a member another role."""
    whom = parse_id(member_id, "member")
    await standing.change_role(db, by=me.member_id, member_id=whom, role=standing.role_of(role))
    return _done(whom, "role")


@routes.post("/console/members/{member_id}/ban", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def ban(request: Request, here: Here, me: Me, db: Db, member_id: str, why: FormText = "") -> Response:
    """Close an account, and end its sign-ins everywhere at once."""
    whom, words = parse_id(member_id, "member"), " ".join(why.split())
    if not words or len(words) > members.MEMO_LENGTH or not is_one_line(words):
        request.state.balance = await ledger.balance(db, member_id=me.member_id)
        return await page(request, here, db, whom, typed={"why": why}, faults={"why": WHY_FAULT})
    await standing.ban(db, by=me.member_id, member_id=whom, why=words)
    return _done(whom, "ban")


@routes.post("/console/members/{member_id}/ban/end", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def lift_ban(me: Me, db: Db, member_id: str) -> Response:
    """Open a closed account again."""
    whom = parse_id(member_id, "member")
    await standing.lift_ban(db, by=me.member_id, member_id=whom)
    return _done(whom, "unban")


@routes.post("/console/members/{member_id}/sign-out", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def sign_out(me: Me, db: Db, member_id: str) -> Response:
    """Sign a member out everywhere."""
    whom = parse_id(member_id, "member")
    await standing.sign_out(db, by=me.member_id, member_id=whom)
    return _done(whom, "out")


@routes.post(
    "/console/members/{member_id}/sessions/{session_id}/sign-out", access=Access.OPERATOR, limit=GENERAL, confirmed=True
)
async def sign_one_out(me: Me, db: Db, member_id: str, session_id: str) -> Response:
    """Sign one of a member's browsers out."""
    whom = parse_id(member_id, "member")
    await standing.sign_out(db, by=me.member_id, member_id=whom, session_id=parse_id(session_id, "session"))
    return _done(whom, "out")


@routes.post("/console/members/{member_id}/tokens/revocation", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def revoke_tokens(me: Me, db: Db, member_id: str) -> Response:
    """Revoke all of a member's API tokens."""
    whom = parse_id(member_id, "member")
    await members.find(db, whom)
    await standing.revoke_tokens(db, by=me.member_id, member_id=whom)
    return _done(whom, "tokens")


@routes.post("/console/members/{member_id}/unlocking", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def unlock(here: Here, me: Me, db: Db, member_id: str) -> Response:
    """Let strangers' browsers try the account's password again, the member's new one among them."""
    found = await members.find(db, parse_id(member_id, "member"))
    name = locks.account_of(here.key, found.email)
    await lockouts.unlock(db, by=me.member_id, kind="account", name=name, member_id=found.id)
    return _done(found.id, "unlock")


@routes.post("/console/members/{member_id}/look", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def begin_look(me: Me, db: Db, member_id: str) -> Response:
    """See the studio with a member's eyes, for half an hour, without changing anything."""
    if not await flag(db, LOOKS, member=me.member_id):
        raise SwitchedOff("Looking at members' pages is switched off.")
    await look.begin(db, by=me.member_id, session_id=me.session_id, member_id=parse_id(member_id, "member"))
    return RedirectResponse("/", 303)


@routes.post("/look/end", access=Access.MEMBER, limit=GENERAL, looking=True)
async def end_look(here: Here, me: Me) -> Response:
    """Be oneself again."""
    if me.looking is None:
        return RedirectResponse("/", 303)
    async with here.operator_db.transaction(look.acting(me.looking)) as db:
        looked_at = await look.end(db, by=me.looking)
    return RedirectResponse(f"/console/members/{looked_at}" if looked_at else "/console", 303)


def _done(whom: UUID, what: str) -> Response:
    return RedirectResponse(f"/console/members/{whom}?done={what}", 303)


async def page(
    request: Request,
    here: Parts,
    db: AsyncSession,
    member_id: UUID,
    *,
    typed: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
) -> Response:
    member = await members.find(db, member_id)
    name = locks.account_of(here.key, member.email)
    return here.templates.page(
        request,
        "people/console/member.html",
        status=422 if faults else 200,
        member=member,
        activity=await members.activity(db, member_id),
        balance_of=await ledger.balance(db, member_id=member_id),
        lines=await ledger.statement(db, member_id=member_id, limit=20),
        sessions=await standing.sessions_of(db, member_id),
        tokens=await members.tokens(db, member_id),
        facts=await trail(db, Wanted(member=member_id), limit=10),
        going=await departure(db, member_id),
        lock=next((lock for lock in await lockouts.locks(db, here.limiter) if lock.name == name), None),
        device=rules.device,
        typed=typed or {},
        faults=faults or {},
        given=request.query_params.get("given", ""),
        done=request.query_params.get("done", ""),
    )

"""Deleting a member: by an operator, with days in which it can be taken back, as when members leave themselves."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from atelier import ledger
from atelier.base.ids import parse_id
from atelier.base.text import is_one_line
from atelier.limits.limit import GENERAL
from atelier.people.console import member_pages, members, standing
from atelier.people.leaving.leave import leave, stay
from atelier.people.request import Accounts
from atelier.web.access import Access
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.post("/console/members/{member_id}/deletion", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def delete(
    request: Request, here: Here, accounts: Accounts, me: Me, db: Db, member_id: str, reason: FormText = ""
) -> Response:
    """Close an account now, and have everything of it erased when the days of grace are over."""
    whom, words = parse_id(member_id, "member"), " ".join(reason.split())
    if not words or len(words) > members.MEMO_LENGTH or not is_one_line(words):
        request.state.balance = await ledger.balance(db, member_id=me.member_id)
        faults = {"reason": member_pages.WHY_FAULT}
        return await member_pages.page(request, here, db, whom, typed={"reason": reason}, faults=faults)
    await standing.hold(db, me.member_id, whom)
    await leave(db, accounts, member_id=whom, by=me.member_id, why=words)
    return RedirectResponse(f"/console/members/{whom}?done=deletion", 303)


@routes.post("/console/members/{member_id}/deletion/end", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def keep(me: Me, db: Db, member_id: str) -> Response:
    """Take it back: the account is what it was before."""
    whom = parse_id(member_id, "member")
    await standing.hold(db, me.member_id, whom)
    await stay(db, member_id=whom, by=me.member_id)
    return RedirectResponse(f"/console/members/{whom}?done=kept", 303)

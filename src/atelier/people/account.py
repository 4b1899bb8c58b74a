"""The account page: name, e-mail, password, and where the member is signed in."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.errors import AtelierError
from atelier.base.ids import parse_id
from atelier.limits.limit import GENERAL, PAGES, SIGN_IN
from atelier.people import recovery, rules, sessions, signin
from atelier.people.account_settings import AccountSettings
from atelier.people.factors import prove
from atelier.people.locks import Locked
from atelier.people.oidc.elsewhere import elsewhere
from atelier.people.oidc.identities import list_identities
from atelier.people.passwords import passwords
from atelier.people.request import Accounts
from atelier.people.tables import Member
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me, Parts
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.get("/account", access=Access.MEMBER, limit=PAGES)
async def account(request: Request, here: Here, me: Me, db: Db) -> Response:
    return await page(request, here, me, db)


@routes.post("/account/name", access=Access.MEMBER, limit=GENERAL)
async def change_name(request: Request, here: Here, me: Me, db: Db, name: FormText = "") -> Response:
    """Call the member by another name."""
    wanted = rules.display_name(name)
    if wanted is None:
        return await page(request, here, me, db, typed={"name": name}, faults={"name": rules.NAME_FAULT})
    await signin.change_name(db, member_id=me.member_id, name=wanted)
    return _done("name")


@routes.post("/account/password", access=Access.MEMBER, limit=SIGN_IN)
async def change_password(
    request: Request, here: Here, accounts: Accounts, me: Me, current: FormText = "", password: FormText = ""
) -> Response:
    """Change the password and sign every other device out; hashing happens between two transactions."""
    faults: rules.Faults = {}
    locked: Locked | None = None
    if fault := rules.password_fault(password, me.email):
        faults["password"] = fault
    else:
        try:
            await _is_theirs(request, here, accounts, me, current)
        except signin.WrongPassword:
            faults["current"] = rules.CURRENT_FAULT
        except Locked as error:
            faults["current"], locked = error.message, error
    password_hash = None if faults else await passwords.hash(password)
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        if password_hash is None:
            answer = await page(request, here, me, db, faults=faults)
            if locked is not None:
                answer.status_code, answer.headers["Retry-After"] = locked.status, str(locked.seconds)
            return answer
        await signin.change_password(db, member_id=me.member_id, password_hash=password_hash, session_id=me.session_id)
        await recovery.tell_of_password(db, accounts, me.member_id)
    return _done("password")


async def _is_theirs(request: Request, here: Parts, accounts: AccountSettings, me: Caller, password: str) -> None:
    """Raise `WrongPassword` unless this is the member's, which counts on the sign-in door's locks; or `Locked`."""
    door, at = await prove.at_door(request, here, me.member_id)
    claim = await door.claim(at)
    try:
        await signin.check_password(here.web_db, passwords, member_id=me.member_id, password=password)
    except signin.WrongPassword:
        await door.failed(claim, member=me.member_id, at=at)
        await prove.failed(here, accounts.writer, me.member_id, by="password", signed_in=True)
        raise
    except AtelierError:
        await door.succeeded(claim, clears=False)  # nobody looked at it
        raise
    await door.succeeded(claim, clears=False)  # who knows the password only goes on being counted elsewhere


@routes.post("/account/sessions/{session_id}/sign-out", access=Access.MEMBER, limit=GENERAL)
async def end_session(here: Here, me: Me, db: Db, session_id: str) -> Response:
    """Sign one browser or app out."""
    ended = parse_id(session_id, "session")
    await sessions.end(db, member_id=me.member_id, session_id=ended)
    if ended != me.session_id:
        return _done("session")
    response = RedirectResponse("/", 303)
    sessions.drop_cookie(response, here.origin)
    return response


@routes.post("/account/sessions/sign-out", access=Access.MEMBER, limit=GENERAL)
async def end_other_sessions(me: Me, db: Db) -> Response:
    """Sign every other device out, apps too."""
    await sessions.end_others(db, member_id=me.member_id, but=me.session_id)
    return _done("sessions")


def _done(what: str) -> Response:
    return RedirectResponse(f"/account?done={what}", 303)


async def page(
    request: Request,
    here: Parts,
    me: Caller,
    db: AsyncSession,
    *,
    typed: dict[str, Any] | None = None,
    faults: rules.Faults | None = None,
) -> Response:
    """The account page, with what was typed wrong."""
    if request.method == "POST":  # the balance beside the member's badge comes by itself only when a page is read
        request.state.balance = await ledger.balance(db, member_id=me.member_id)
    return here.templates.page(
        request,
        "people/account.html",
        status=422 if faults else 200,
        me=me,
        sessions=await sessions.list_sessions(db, member_id=me.member_id),
        device=rules.device,
        typed=typed or {},
        faults=faults or {},
        verified=await db.scalar(select(Member.verified_at).where(Member.id == me.member_id)) is not None,
        passwordless=await db.scalar(select(Member.password_hash).where(Member.id == me.member_id)) is None,
        links=await list_identities(db, member_id=me.member_id),
        issuers=elsewhere(request).names,
        done=request.query_params.get("done", ""),
    )

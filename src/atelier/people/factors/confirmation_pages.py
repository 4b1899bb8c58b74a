"""Step-up: the page that asks a signed-in member to confirm that it is them, and goes on with what waited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.errors import AtelierError, Forbidden
from atelier.limits.flags import FACTORS, flag
from atelier.limits.limit import PAGES, SIGN_IN_FORM
from atelier.people import signin
from atelier.people.factors import authenticators, challenges, passkeys, prove, rules, waiting
from atelier.people.factors.passkeys import BadPasskey
from atelier.people.factors.second_pages import challenge
from atelier.people.factors.waiting import Waiting
from atelier.people.locks import Locked
from atelier.people.oidc import identities
from atelier.people.oidc.elsewhere import Button, elsewhere
from atelier.people.passwords import passwords
from atelier.people.request import Accounts
from atelier.people.rules import CURRENT_FAULT, local_path
from atelier.people.tables import Member, Session
from atelier.web import problems
from atelier.web.access import Access
from atelier.web.back import page_at
from atelier.web.caller import Caller
from atelier.web.confirmed import ConfirmFirst, OnlyInPerson
from atelier.web.parts import Here, Me, Parts, parts
from atelier.web.problems import wants_page
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
PAGE = "/account/confirmation"
LONGEST = 256 * 1024  # bytes of the form, with what waits in it


class FactorNeeded(Forbidden):
    """The studio asks its staff for a second factor, and this one has none yet."""

    code = "second_factor_needed"

    def __init__(self) -> None:
        super().__init__("The studio asks its operators for a second factor. Set one up on your account's page first.")


@routes.get(PAGE, access=Access.MEMBER, limit=PAGES)
async def confirmation_page(request: Request, here: Here, me: Me, next: str = "/account") -> Response:
    in_person(me)
    return await page(request, here, me, local_path(next, "/account"), "")


class ConfirmationForm(BaseModel):
    """One of the three ways to confirm, what waits for it, and where to go on."""

    password: str = ""
    code: str = ""
    credential: str = ""
    waits: str = ""
    next: str = "/account"


@routes.post(PAGE, access=Access.MEMBER, limit=SIGN_IN_FORM, max_body_size=LONGEST)
async def confirm(
    request: Request,
    here: Here,
    accounts: Accounts,
    me: Me,
    form: Annotated[ConfirmationForm, Form()],
) -> Response:
    """Confirm by a passkey, a code of the authenticator app or the password, and go on."""
    session_id = in_person(me)
    back = local_path(form.next, "/account")
    door, at = await prove.at_door(request, here, me.member_id)
    by = "passkey" if form.credential else "totp" if form.code else "password"
    try:
        claim = await door.claim(at)
    except Locked as error:
        answer = await page(request, here, me, back, form.waits, faults={by: error.message}, status=error.status)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    try:
        if by == "password":
            await signin.check_password(here.web_db, passwords, member_id=me.member_id, password=form.password)
        found = None
        if by == "passkey":
            found = await prove.answered(request, here, form.credential, purpose=_purpose(session_id))
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            if by == "totp":
                await prove.code(db, here, accounts.writer, member_id=me.member_id, typed=form.code, recovery=False)
            if found is not None:
                await prove.passkey(db, here, found, member_id=me.member_id)
            await note(db, me, by=by)
    except (
        signin.WrongPassword,
        prove.WrongCode,
        authenticators.Unreadable,
        BadPasskey,
        challenges.ChallengeSpent,
    ) as error:
        guessed = by != "passkey"
        await (door.failed(claim, member=me.member_id, at=at) if guessed else door.succeeded(claim, clears=False))
        if isinstance(error, BadPasskey):
            await prove.refused(here, accounts.writer, error, member_id=me.member_id, signed_in=True)
        else:
            await prove.failed(here, accounts.writer, me.member_id, by=by, signed_in=True)
        words = CURRENT_FAULT if by == "password" else error.message
        return await page(request, here, me, back, form.waits, faults={by: words}, status=error.status)
    except AtelierError:
        await door.succeeded(claim, clears=False)  # nobody looked at it
        raise
    await door.succeeded(claim, clears=False)  # who knows the password only goes on being counted elsewhere
    return go_on(request, here, session_id, form.waits, back)


@routes.post(f"{PAGE}/challenge", access=Access.MEMBER, limit=SIGN_IN_FORM)
async def confirmation_challenge(request: Request, here: Here, me: Me) -> Response:
    """What a browser is asked for one of the member's passkeys."""
    session_id = in_person(me)
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        mine = await passkeys.list_passkeys(db, member_id=me.member_id)
    return challenge(request, here, _purpose(session_id), mine)


async def note(db: AsyncSession, me: Caller, *, by: str) -> None:
    """Write down that it is them, now; `db` acts for the member."""
    mine = update(Session).where(Session.id == me.session_id, Session.member_id == me.member_id)
    await db.execute(mine.values(confirmed_at=func.now()))
    await events.record(db, "session:confirmed", member=me.member_id, subject=me.session_id, by=by)


async def staff(request: Request, caller: Caller) -> None:
    """Raise `FactorNeeded` where the studio asks its staff for a second factor and this one has none."""
    if caller.protected:
        return
    async with parts(request).web_db.transaction(Acting.nobody()) as db:
        if await flag(db, FACTORS, member=caller.member_id):
            raise FactorNeeded


def install(app: FastAPI) -> None:
    """Answer requests that need a confirmation with the page that asks for it, and lead staff to a second factor."""

    @app.exception_handler(ConfirmFirst)
    async def ask(request: Request, error: ConfirmFirst) -> Response:
        here, me = parts(request), request.state.caller
        if not wants_page(request) or "hx-request" in request.headers:
            answer = problems.answer(request, error.status, error.code, error.message, error=error)
            if "hx-request" in request.headers:
                answer.headers["HX-Redirect"] = f"{PAGE}?next={_came_from(request, here)}"
            return answer
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        looks = request.method == "GET"
        waits = ""
        if looks or error.fields is not None:
            held = Waiting(path, None if looks else error.fields)
            waits = waiting.close(prove.seal(here), me.session_id, held)
        back = path if looks else _came_from(request, here)
        return await page(request, here, me, back, waits, status=error.status)

    @app.exception_handler(FactorNeeded)
    async def lead(request: Request, error: FactorNeeded) -> Response:
        if wants_page(request) and request.method == "GET":
            return RedirectResponse("/account/security?needed=1", 303)
        return problems.answer(request, error.status, error.code, error.message, error=error)


def _came_from(request: Request, here: Parts) -> str:
    sent = waiting.came_from(request.headers.get("referer", ""), here.origin, "/account")
    return page_at(request, sent, "/account")


def go_on(request: Request, here: Parts, session_id: UUID, waits: str, back: str) -> Response:
    """Go on with what waited for the confirmation, or go back where nothing did."""
    held = waiting.open(prove.seal(here), session_id, waits)
    if held is None:
        return RedirectResponse(back, 303)
    if held.fields is None:
        return RedirectResponse(held.path, 303)
    return here.templates.page(request, "people/go_on.html", waiting=held, back=back)


def in_person(me: Caller) -> UUID:
    """The session of a person at a browser; raises `OnlyInPerson`."""
    if me.session_id is None or me.scopes is not None:
        raise OnlyInPerson
    return me.session_id


def _purpose(session_id: UUID) -> str:
    return f"confirm {session_id}"


@dataclass(frozen=True, slots=True)
class Ways:
    """How a member can confirm who they are; at `providers` only where they have nothing else."""

    password: bool
    app: bool
    passkeys: bool
    providers: Sequence[Button]


async def ways_of(request: Request, here: Parts, me: Caller) -> Ways:
    """How that member can confirm who they are."""
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        mine = await passkeys.list_passkeys(db, member_id=me.member_id)
        app = await authenticators.find(db, member_id=me.member_id)
        kept = await db.scalar(select(Member.password_hash.is_not(None)).where(Member.id == me.member_id))
        linked = {each.issuer for each in await identities.list_identities(db, member_id=me.member_id)}
    keys = bool(mine) and rules.relying_party(here.origin) is not None
    own = bool(kept) or app is not None or keys
    return Ways(bool(kept), app is not None, keys, () if own else elsewhere(request).linked(linked))


async def page(
    request: Request,
    here: Parts,
    me: Caller,
    back: str,
    waits: str,
    *,
    faults: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The page that asks, with what waits; `faults` says what was wrong with the last try, by its way."""
    return here.templates.page(
        request,
        "people/confirmation.html",
        me=me,
        ways=await ways_of(request, here, me),
        back=back,
        waits=waits,
        faults=faults or {},
        status=status,
    )

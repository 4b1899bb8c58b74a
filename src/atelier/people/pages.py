"""The doors: sign-up, sign-in, sign-out, and the first operator's welcome."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from atelier.base.db import Acting
from atelier.base.errors import NotFound
from atelier.base.ids import new_id
from atelier.limits import Limit, Per
from atelier.limits.limit import PAGES, SIGN_IN, SIGN_UP
from atelier.people import invitations, rules, sessions, signin, signup
from atelier.people.passwords import passwords
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.parts import Here, MaybeMe, Parts
from atelier.web.routes import Routes, address

routes = Routes(include_in_schema=False)
Field = Annotated[str, Form()]

# slips of the hand don't use up the accounts that an address may open, which SIGN_UP counts
SIGN_UP_FORM = Limit("sign_up_form", "20/10 minute", Per.ADDRESS)


@routes.get("/sign-up", access=Access.PUBLIC, limit=PAGES)
async def sign_up_page(request: Request, here: Here, maybe: MaybeMe, next: str = "/") -> Response:
    if maybe is not None:
        return RedirectResponse(rules.local_path(next), 303)
    return _sign_up_page(request, here, {"next": rules.local_path(next)})


@routes.post("/sign-up", access=Access.PUBLIC, limit=SIGN_UP_FORM)
async def sign_up(
    request: Request,
    here: Here,
    maybe: MaybeMe,
    name: Field = "",
    email: Field = "",
    password: Field = "",
    next: Field = "/",
) -> Response:
    """Open an account and sign in."""
    typed = {"name": name, "email": email, "next": rules.local_path(next)}
    faults = _faults(name, email, password)
    if not faults:
        await here.limiter.hit(SIGN_UP, f"address {address(request)}")
        try:
            return await _open_account(request, here, name, email, password, typed["next"], maybe)
        except signup.EmailTaken as error:
            faults = {"email": error.message}
    return _sign_up_page(request, here, typed, faults)


@routes.get("/sign-in", access=Access.PUBLIC, limit=PAGES)
async def sign_in_page(request: Request, here: Here, maybe: MaybeMe, next: str = "/") -> Response:
    if maybe is not None:
        return RedirectResponse(rules.local_path(next), 303)
    typed = {"email": "", "next": rules.local_path(next)}
    return here.templates.page(request, "people/sign_in.html", typed=typed, faults={})


@routes.post("/sign-in", access=Access.PUBLIC, limit=SIGN_IN)
async def sign_in(
    request: Request, here: Here, maybe: MaybeMe, email: Field = "", password: Field = "", next: Field = "/"
) -> Response:
    """Open a session; one that the browser already had ends."""
    typed = {"email": email, "next": rules.local_path(next)}
    try:
        secret = await signin.sign_in(
            here.web_db,
            passwords,
            email=email,
            password=password,
            agent=request.headers.get("user-agent", ""),
            address=address(request),
        )
    except (signin.WrongPassword, signin.Closed) as error:
        return here.templates.page(
            request, "people/sign_in.html", typed=typed, faults={"password": error.message}, status=error.status
        )
    await _end_session(here, maybe)
    return _enter(here, secret, typed["next"])


@routes.post("/sign-out", access=Access.PUBLIC, limit=PAGES)
async def sign_out(here: Here, maybe: MaybeMe) -> Response:
    """End this session, in the database as in the browser."""
    await _end_session(here, maybe)
    response = RedirectResponse("/", 303)
    sessions.drop_cookie(response, here.origin)
    return response


@routes.get("/welcome/operator", access=Access.PUBLIC, limit=PAGES)
async def operator_page(request: Request, here: Here, key: str = "") -> Response:
    if not await invitations.is_good(here.web_db, key):
        raise invitations.LinkSpent
    return _operator_page(request, here, {"key": key})


@routes.post("/welcome/operator", access=Access.PUBLIC, limit=SIGN_UP_FORM)
async def open_operator(
    request: Request,
    here: Here,
    maybe: MaybeMe,
    name: Field = "",
    email: Field = "",
    password: Field = "",
    key: Field = "",
) -> Response:
    """Open the operator's account with the one-time link, and sign in."""
    if not await invitations.is_good(here.web_db, key):
        raise invitations.LinkSpent
    faults = _faults(name, email, password)
    if not faults:
        try:
            return await _open_account(request, here, name, email, password, "/console", maybe, invitation=key)
        except signup.EmailTaken as error:
            faults = {"email": error.message}
    return _operator_page(request, here, {"name": name, "email": email, "key": key}, faults)


async def _open_account(
    request: Request,
    here: Parts,
    name: str,
    email: str,
    password: str,
    to: str,
    instead_of: Caller | None,
    *,
    invitation: str | None = None,
) -> Response:
    """Everything that a new member has, in one transaction that acts for them; the hash is made before it."""
    password_hash = await passwords.hash(password)
    member_id = new_id()
    async with here.web_db.transaction(Acting.member(member_id)) as db:
        await signup.sign_up(
            db,
            member_id=member_id,
            email=rules.email_address(email) or "",
            name=rules.display_name(name) or "",
            password_hash=password_hash,
        )
        if invitation is not None:
            await invitations.accept(db, invitation)
        secret = await sessions.start(
            db, member_id=member_id, agent=request.headers.get("user-agent", ""), address=address(request)
        )
    await _end_session(here, instead_of)
    return _enter(here, secret, to)


async def _end_session(here: Parts, caller: Caller | None) -> None:
    if caller is None or caller.session_id is None:
        return
    async with here.web_db.transaction(Acting.member(caller.member_id)) as db:
        with suppress(NotFound):  # ended in another window just now
            await sessions.end(db, member_id=caller.member_id, session_id=caller.session_id)


def _enter(here: Parts, secret: str, to: str) -> Response:
    response = RedirectResponse(to, 303)
    sessions.set_cookie(response, here.origin, secret)
    return response


def _faults(name: str, email: str, password: str) -> rules.Faults:
    """What is wrong with the form, by field."""
    faults: rules.Faults = {}
    address = rules.email_address(email)
    if rules.display_name(name) is None:
        faults["name"] = rules.NAME_FAULT
    if address is None:
        faults["email"] = rules.EMAIL_FAULT
    if fault := rules.password_fault(password, address or ""):
        faults["password"] = fault
    return faults


def _sign_up_page(request: Request, here: Parts, typed: dict[str, str], faults: rules.Faults | None = None) -> Response:
    context = {"typed": typed, "faults": faults or {}, "welcome_credits": here.welcome_credits}
    return here.templates.page(request, "people/sign_up.html", status=422 if faults else 200, **context)


def _operator_page(
    request: Request, here: Parts, typed: dict[str, str], faults: rules.Faults | None = None
) -> Response:
    return here.templates.page(
        request, "people/operator.html", status=422 if faults else 200, typed=typed, faults=faults or {}
    )

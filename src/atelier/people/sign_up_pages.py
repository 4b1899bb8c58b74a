"""Sign-up, as the studio's mode of registration has it, and the first operator's welcome."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from atelier.limits.limit import PAGES, SIGN_UP, SIGN_UP_FORM
from atelier.people import invitations, rules, signup
from atelier.people.account_settings import AccountSettings, Mode
from atelier.people.invitations import Invited
from atelier.people.joining import Newcomer, ask_to_join, bind, open_account, refused
from atelier.people.passwords import passwords
from atelier.people.promise import promise
from atelier.people.request import Accounts
from atelier.web import language
from atelier.web.access import Access
from atelier.web.address import counted
from atelier.web.parts import Here, MaybeMe, Parts
from atelier.web.routes import Routes


class SignUpForm(BaseModel):
    """What somebody typed to open an account; `key`: the invitation that they bring."""

    name: str = ""
    email: str = ""
    password: str = ""
    next: str = "/"
    key: str = ""


routes = Routes(include_in_schema=False)


@routes.get("/sign-up", access=Access.PUBLIC, limit=PAGES)
async def sign_up_page(
    request: Request, here: Here, accounts: Accounts, maybe: MaybeMe, next: str = "/", key: str = ""
) -> Response:
    if maybe is not None:
        return RedirectResponse(rules.local_path(next), 303)
    invited = await _invited(here, key)
    if not _may_join(accounts, invited):
        return here.templates.page(request, "people/not_open.html", mode=accounts.mode.value)
    typed = {"next": rules.local_path(next), "key": key, "email": (invited and invited.email) or ""}
    return await _sign_up_page(request, here, accounts, typed)


@routes.post("/sign-up", access=Access.PUBLIC, limit=SIGN_UP_FORM)
async def sign_up(
    request: Request,
    here: Here,
    accounts: Accounts,
    maybe: MaybeMe,
    form: Annotated[SignUpForm, Form()],
) -> Response:
    """Open an account and sign in, or, where e-mails are confirmed first, answer by mail alone."""
    invited = await _invited(here, form.key)
    if not _may_join(accounts, invited):
        return here.templates.page(request, "people/not_open.html", status=403, mode=accounts.mode.value)
    typed = {"name": form.name, "email": form.email, "next": rules.local_path(form.next), "key": form.key}
    faults = _faults(form.name, form.email, form.password)
    if not faults:
        await here.limiter.hit(SIGN_UP, counted(request))
        newcomer = await _newcomer(request, form.name, form.email, form.password)
        if accounts.verify and not (invited and invited.email == newcomer.email):
            binding = await ask_to_join(here, accounts, newcomer, typed["next"], invited.id if invited else None)
            response = here.templates.page(request, "people/look.html", email=newcomer.email, why="sign_up")
            bind(response, here.origin, binding)
            return response
        try:
            return await open_account(
                request, here, accounts, newcomer, typed["next"], maybe, invitation=form.key if invited else None
            )
        except signup.EmailTaken as error:
            await refused(here, newcomer.email, error.code)
            faults = {"email": error.message}
    return await _sign_up_page(request, here, accounts, typed, faults)


@routes.get("/welcome/operator", access=Access.PUBLIC, limit=PAGES)
async def operator_page(request: Request, here: Here, key: str = "") -> Response:
    if not await invitations.is_good(here.web_db, key):
        raise invitations.LinkSpent
    return _operator_page(request, here, {"key": key})


@routes.post("/welcome/operator", access=Access.PUBLIC, limit=SIGN_UP_FORM)
async def open_operator(
    request: Request,
    here: Here,
    accounts: Accounts,
    maybe: MaybeMe,
    form: Annotated[SignUpForm, Form()],
) -> Response:
    """Open the operator's account with the one-time link, and sign in."""
    if not await invitations.is_good(here.web_db, form.key):
        raise invitations.LinkSpent
    faults = _faults(form.name, form.email, form.password)
    if not faults:
        newcomer = await _newcomer(request, form.name, form.email, form.password)
        try:
            return await open_account(request, here, accounts, newcomer, "/console", maybe, invitation=form.key)
        except signup.EmailTaken as error:
            faults = {"email": error.message}
    return _operator_page(request, here, {"name": form.name, "email": form.email, "key": form.key}, faults)


async def _invited(here: Parts, key: str) -> Invited | None:
    """The invitation that somebody brings, or None for who brings none; raises `InvitationSpent`."""
    if not key:
        return None
    invited = await invitations.find(here.web_db, key)
    if invited is None or invited.first:
        raise invitations.InvitationSpent
    return invited


def _may_join(accounts: AccountSettings, invited: Invited | None) -> bool:
    if accounts.mode is Mode.INVITATION:
        return invited is not None
    return accounts.mode is not Mode.CLOSED


async def _newcomer(request: Request, name: str, email: str, password: str) -> Newcomer:
    return Newcomer(
        email=rules.email_address(email) or "",
        name=rules.display_name(name) or "",
        password_hash=await passwords.hash(password),
        language=language.of(request),
    )


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


async def _sign_up_page(
    request: Request, here: Parts, accounts: AccountSettings, typed: dict[str, str], faults: rules.Faults | None = None
) -> Response:
    invited = bool(typed.get("key"))
    return here.templates.page(
        request,
        "people/sign_up.html",
        status=422 if faults else 200,
        typed=typed,
        faults=faults or {},
        promise=await promise(request, here, accounts, invited=invited),
        approval=accounts.mode is Mode.APPROVAL and not invited,
    )


def _operator_page(
    request: Request, here: Parts, typed: dict[str, str], faults: rules.Faults | None = None
) -> Response:
    return here.templates.page(
        request, "people/operator.html", status=422 if faults else 200, typed=typed, faults=faults or {}
    )

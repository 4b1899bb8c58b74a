"""Opening an account at the edge: everything that a new member has, in one transaction that acts for them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from atelier.base import events
from atelier.base.crypto import digest, new_token
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.people import confirmations, invitations, locks, sessions, signup
from atelier.people.account_settings import AccountSettings, Mode
from atelier.people.confirmations import Good
from atelier.people.pages import end_session, enter
from atelier.web.address import address
from atelier.web.caller import Caller
from atelier.web.parts import Parts

HOURS = 24


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who opens an account; all of it is checked, and the password hashed."""

    email: str
    name: str
    password_hash: str
    language: str


async def open_account(
    request: Request,
    here: Parts,
    accounts: AccountSettings,
    newcomer: Newcomer,
    to: str,
    instead_of: Caller | None,
    *,
    invitation: str | None = None,
    key: str | None = None,
) -> Response:
    """Open the account and sign in; who needs an operator's approval is told so instead.

    `invitation` and `key` (of a confirmed e-mail) are spent. Raises `EmailTaken`, `LinkSpent` and `KeySpent`.
    """
    member_id = new_id()
    waits = accounts.mode is Mode.APPROVAL and invitation is None
    secret = None
    async with here.web_db.transaction(Acting.member(member_id)) as db:
        if key is not None:
            await confirmations.spend(db, key)
        await signup.sign_up(
            db,
            member_id=member_id,
            email=newcomer.email,
            name=newcomer.name,
            password_hash=newcomer.password_hash,
            language=newcomer.language,
            welcome=accounts.welcome(newcomer.email, address(request)),
            waits=waits,
        )
        if invitation is not None:
            await invitations.accept(db, invitation)
        if key is not None:
            await confirmations.prove(db, key)
        if not waits:
            agent = request.headers.get("user-agent", "")
            secret = await sessions.start(db, member_id=member_id, agent=agent, address=address(request))
    if secret is None:
        return here.templates.page(request, "people/waiting.html")
    await end_session(here, instead_of)
    entered = enter(here, secret, to)
    locks.remember(entered, here.key, origin=here.origin, email=newcomer.email)
    return entered


async def ask_to_join(
    here: Parts, accounts: AccountSettings, newcomer: Newcomer, to: str, invitation_id: UUID | None
) -> str:
    """Keep the sign-up until its e-mail is confirmed; return what the browser keeps, to finish without the password."""
    binding = new_token()
    async with here.web_db.transaction(Acting.nobody()) as db:
        await confirmations.ask(
            db,
            accounts.keys,
            "sign_up",
            email=newcomer.email,
            language=newcomer.language,
            name=newcomer.name,
            password_hash=newcomer.password_hash,
            invitation_id=invitation_id,
            binding=digest(binding),
            wanted=to,
        )
        await events.record(db, "member:asked_in", member=None, account=locks.account_of(here.key, newcomer.email)[:8])
    return binding


async def refused(here: Parts, email: str, reason: str) -> None:
    """Write down a sign-up that came to nothing."""
    async with here.web_db.transaction(Acting.nobody()) as db:
        account = locks.account_of(here.key, email)[:8]
        await events.record(db, "member:refused", member=None, reason=reason, account=account)


def bind(response: Response, origin: str, binding: str) -> None:
    """Have the browser keep what shows that the sign-up is its own."""
    secure = origin.startswith("https://")
    response.set_cookie(
        _cookie(origin), binding, max_age=HOURS * 3600, path="/", secure=secure, httponly=True, samesite="lax"
    )


def is_bound(request: Request, origin: str, good: Good) -> bool:
    """Whether this browser is the one that asked."""
    return good.binding is not None and digest(request.cookies.get(_cookie(origin), "")) == good.binding


def _cookie(origin: str) -> str:
    return "__Host-atelier-joining" if origin.startswith("https://") else "atelier-joining"


def back_to_sign_in(done: str) -> Response:
    """To the sign-in page, with word of what was done."""
    return RedirectResponse(f"/sign-in?done={done}", 303)

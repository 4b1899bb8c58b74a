"""Where the links in mails lead, and how one asks for such a mail: confirm, forgotten, reset."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from atelier.base.crypto import digest
from atelier.base.db import Acting
from atelier.limits.limit import KEY_FORM, PAGES, RESEND, RESEND_EMAIL
from atelier.people import confirmations, locks, recovery, rules, signin, signup
from atelier.people.account_settings import AccountSettings
from atelier.people.confirmations import Good
from atelier.people.joining import Newcomer, back_to_sign_in, is_bound, open_account
from atelier.people.passwords import passwords
from atelier.people.request import Accounts
from atelier.web import language
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.forms import FormText
from atelier.web.parts import Here, MaybeMe, Parts
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)

CONFIRMED = ("sign_up", "verify", "change")


@routes.post("/sign-up/again", access=Access.PUBLIC, limit=RESEND)
async def send_again(request: Request, here: Here, accounts: Accounts, email: FormText = "") -> Response:
    """Send the mail of a sign-up once more; the answer is the same whether there was one."""
    return await _answer_by_mail(request, here, accounts, "again", email)


@routes.get("/forgotten", access=Access.PUBLIC, limit=PAGES)
async def forgotten_page(request: Request, here: Here) -> Response:
    return here.templates.page(request, "people/forgotten.html", typed={}, faults={})


@routes.post("/forgotten", access=Access.PUBLIC, limit=RESEND)
async def forgotten(request: Request, here: Here, accounts: Accounts, email: FormText = "") -> Response:
    """Ask for a link that sets a new password; the answer is the same whether there is such a member."""
    return await _answer_by_mail(request, here, accounts, "reset", email)


@routes.get("/reset", access=Access.PUBLIC, limit=PAGES)
async def reset_page(request: Request, here: Here, key: str = "") -> Response:
    good = await confirmations.find(here.web_db, key, "reset")
    return here.templates.page(request, "people/reset.html", key=key, email=good.email, faults={})


@routes.post("/reset", access=Access.PUBLIC, limit=KEY_FORM)
async def reset(
    request: Request, here: Here, accounts: Accounts, key: FormText = "", password: FormText = ""
) -> Response:
    """Set the new password and sign every browser out."""
    good = await confirmations.find(here.web_db, key, "reset")
    if fault := rules.password_fault(password, good.email):
        faults = {"password": fault}
        return here.templates.page(request, "people/reset.html", status=422, key=key, email=good.email, faults=faults)
    await recovery.reset(here.web_db, passwords, accounts, good, key=key, password=password)
    answer = back_to_sign_in("reset")
    locks.remember(answer, here.key, origin=here.origin, email=good.email)  # past a lock that others made
    return answer


@routes.get("/confirm", access=Access.PUBLIC, limit=PAGES)
async def confirm_page(request: Request, here: Here, key: str = "") -> Response:
    """What the link is for, and a button: programs that look at links in mails confirm nothing."""
    return _confirm_page(request, here, await confirmations.find(here.web_db, key, *CONFIRMED), key)


@routes.post("/confirm", access=Access.PUBLIC, limit=KEY_FORM)
async def confirm(
    request: Request, here: Here, accounts: Accounts, maybe: MaybeMe, key: FormText = "", password: FormText = ""
) -> Response:
    """Do what the key is for: open the account, confirm the address, or change it."""
    good = await confirmations.find(here.web_db, key, *CONFIRMED)
    try:
        if good.purpose == "sign_up":
            return await _open_account(request, here, accounts, maybe, good, key, password)
        await recovery.confirm(here.web_db, accounts, good, key)
    except signin.WrongPassword as error:
        return _confirm_page(request, here, good, key, {"password": error.message})
    except signup.EmailTaken:
        return back_to_sign_in("taken")
    if maybe is not None and maybe.member_id == good.member_id:
        return RedirectResponse(f"/account?done={good.purpose}", 303)
    return back_to_sign_in(good.purpose)


async def _open_account(
    request: Request, here: Parts, accounts: AccountSettings, maybe: Caller | None, good: Good, key: str, password: str
) -> Response:
    """Open the account, in the browser that asked for it or with its password.

    Whoever signs up with another's address knows the password, but not what is in the mail; who got the mail knows no
    password. So neither can have an account open that the other gets into.
    """
    if not is_bound(request, here.origin, good):
        right, _ = await passwords.check(password, good.password_hash)
        if not right:
            raise signin.WrongPassword
    assert good.name is not None
    assert good.password_hash is not None
    newcomer = Newcomer(good.email, good.name, good.password_hash, good.language)
    invitation = accounts.keys.of(good.invitation_id) if good.invitation_id else None
    return await open_account(
        request, here, accounts, newcomer, good.wanted or "/", maybe, invitation=invitation, key=key
    )


async def _answer_by_mail(
    request: Request, here: Parts, accounts: AccountSettings, purpose: str, email: str
) -> Response:
    """Write the request down without looking whose the address is, and say that a mail may come."""
    address = rules.email_address(email)
    if address is None:
        faults = {"email": rules.EMAIL_FAULT}
        return here.templates.page(request, "people/forgotten.html", status=422, typed={"email": email}, faults=faults)
    await here.limiter.hit(RESEND_EMAIL, f"{purpose} {digest(address)}")
    async with here.web_db.transaction(Acting.nobody()) as db:
        await confirmations.ask(db, accounts.keys, purpose, email=address, language=language.of(request))
    return here.templates.page(request, "people/look.html", email=address, why=purpose)


def _confirm_page(request: Request, here: Parts, good: Good, key: str, faults: rules.Faults | None = None) -> Response:
    return here.templates.page(
        request,
        "people/confirm.html",
        status=422 if faults else 200,
        key=key,
        purpose=good.purpose,
        email=good.email,
        bound=good.purpose != "sign_up" or is_bound(request, here.origin, good),
        faults=faults or {},
    )

"""The account's e-mail: confirmed, or changed to another."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from atelier.base.crypto import digest
from atelier.base.db import Acting
from atelier.limits.limit import RESEND_EMAIL, SIGN_IN
from atelier.people import account, confirmations, recovery, rules
from atelier.people.request import Accounts
from atelier.web import language
from atelier.web.access import Access
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.post("/account/email", access=Access.MEMBER, limit=SIGN_IN, confirmed=True)
async def change_email(request: Request, here: Here, accounts: Accounts, me: Me, email: FormText = "") -> Response:
    """Ask for another address; it is the account's once it is confirmed. The answer tells nothing of other members."""
    wanted = rules.email_address(email)
    faults: rules.Faults = {}
    if wanted is None or wanted == me.email:
        faults["email"] = rules.EMAIL_FAULT if wanted is None else rules.SAME_EMAIL_FAULT
    if not faults:
        await here.limiter.hit(RESEND_EMAIL, f"change {me.member_id}")
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        if faults or wanted is None:
            return await account.page(request, here, me, db, typed={"email": email}, faults=faults)
        await recovery.wish_to_move(db, accounts, me, email=wanted, language=language.of(request))
    return RedirectResponse("/account?done=wished", 303)


@routes.post("/account/email/confirmation", access=Access.MEMBER, limit=SIGN_IN)
async def confirm_email(request: Request, here: Here, accounts: Accounts, me: Me, db: Db) -> Response:
    """Send a mail that confirms the address that the account has."""
    await here.limiter.hit(RESEND_EMAIL, f"verify {digest(me.email)}")
    await confirmations.ask(
        db, accounts.keys, "verify", email=me.email, language=language.of(request), member_id=me.member_id
    )
    return RedirectResponse("/account?done=asked", 303)

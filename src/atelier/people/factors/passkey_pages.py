"""Passkeys on the account: added, renamed, removed; and the password, which may go where a passkey is."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.ids import parse_id
from atelier.limits.limit import GENERAL, SIGN_IN
from atelier.people import rules, signin
from atelier.people.factors import challenges, passkeys, prove
from atelier.people.factors.passkeys import BadPasskey, list_passkeys
from atelier.people.factors.security_pages import PAGE, hand_out, page
from atelier.people.factors.tell import tell
from atelier.people.oidc.elsewhere import Elsewhere, ElsewhereHere
from atelier.people.oidc.identities import OnlyWayIn, list_identities
from atelier.people.passwords import passwords
from atelier.people.request import Accounts
from atelier.people.tables import Member
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
ANSWER_FAULT = "The browser's answer could not be used, so no passkey was added. Try again."
NAME_FAULT = "Give the passkey a name of at most 80 characters. No passkey was added."


@routes.post("/account/passkeys/challenge", access=Access.MEMBER, limit=GENERAL, confirmed=True)
async def add_challenge(request: Request, here: Here, me: Me, db: Db) -> Response:
    """What a browser is asked for a new passkey, as JSON."""
    from atelier.people.factors import ceremony

    rp_id, mine = prove.relying_party(here), await list_passkeys(db, member_id=me.member_id)
    response = Response(media_type="application/json")
    asked = challenges.ask(request, response, prove.seal(here), here.origin, purpose=_purpose(me))
    wanted = ceremony.creation(
        rp_id=rp_id, challenge=asked, member_id=me.member_id, email=me.email, name=me.name, present=mine
    )
    response.body = wanted.encode()
    response.headers["content-length"] = str(len(response.body))
    return response


@routes.post("/account/passkeys", access=Access.MEMBER, limit=GENERAL, confirmed=True)
async def add(
    request: Request, here: Here, accounts: Accounts, me: Me, credential: FormText = "", called: FormText = ""
) -> Response:
    """Keep the passkey that the browser made; with the first factor come the recovery codes.

    Without a name it is called like the browser.
    """
    called = called if called.strip() else rules.browser(request.headers.get("user-agent", ""))
    name = rules.display_name(called)
    if name is None:
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            return await page(request, here, me, db, faults={"passkey": NAME_FAULT}, status=422)
    try:
        found = await prove.answered(request, here, credential, purpose=_purpose(me))
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            added = await passkeys.add(
                db,
                found.answer,
                challenge=found.challenge,
                rp_id=found.rp_id,
                origin=here.origin,
                member_id=me.member_id,
                name=name,
            )
            await events.record(db, "factor:added", member=me.member_id, subject=added, factor="passkey", name=name)
            await tell(db, accounts.writer, me.member_id, "passkey_added", called=name)
            return await hand_out(request, here, me, db, done="passkey")
    except (BadPasskey, challenges.ChallengeSpent, passkeys.TooManyPasskeys) as error:
        fault = ANSWER_FAULT if isinstance(error, BadPasskey) else error.message
        async with here.web_db.transaction(Acting.member(me.member_id)) as db:
            return await page(request, here, me, db, faults={"passkey": fault}, status=error.status)


@routes.post("/account/passkeys/{passkey_id}/name", access=Access.MEMBER, limit=GENERAL)
async def rename(request: Request, here: Here, me: Me, db: Db, passkey_id: str, called: FormText = "") -> Response:
    """Call it otherwise."""
    renamed, name = parse_id(passkey_id, "passkey"), rules.display_name(called)
    if name is None:
        await passkeys.find(db, member_id=me.member_id, passkey_id=renamed)
        return await page(request, here, me, db, faults={str(renamed): rules.NAME_FAULT})
    await passkeys.rename(db, member_id=me.member_id, passkey_id=renamed, name=name)
    await events.record(db, "passkey:renamed", member=me.member_id, subject=renamed, name=name)
    return RedirectResponse(f"{PAGE}?done=renamed#passkeys", 303)


@routes.post("/account/passkeys/{passkey_id}/removal", access=Access.MEMBER, limit=GENERAL, confirmed=True)
async def remove(accounts: Accounts, elsewhere: ElsewhereHere, me: Me, db: Db, passkey_id: str) -> Response:
    """Take a passkey away, unless it is the only way in."""
    gone = parse_id(passkey_id, "passkey")
    has_password = await _hold(db, me)
    name = await passkeys.remove(db, member_id=me.member_id, passkey_id=gone)
    if not has_password and not await _other_ways(db, elsewhere, me):
        raise OnlyWayIn
    await events.record(db, "factor:removed", member=me.member_id, subject=gone, factor="passkey", name=name)
    await tell(db, accounts.writer, me.member_id, "passkey_removed", called=name)
    return RedirectResponse(f"{PAGE}?done=passkey_removed#passkeys", 303)


@routes.post("/account/password/first", access=Access.MEMBER, limit=SIGN_IN, confirmed=True)
async def set_password(request: Request, here: Here, accounts: Accounts, me: Me, password: FormText = "") -> Response:
    """Set a password where there is none."""
    fault = rules.password_fault(password, me.email)
    hashed = None if fault else await passwords.hash(password)
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        if await _hold(db, me):
            return RedirectResponse("/account#password", 303)  # set in another window just now
        if hashed is None:
            return await page(request, here, me, db, faults={"password": fault or ""})
        await signin.change_password(db, member_id=me.member_id, password_hash=hashed, session_id=me.session_id)
        await tell(db, accounts.writer, me.member_id, "password_set")
    return RedirectResponse(f"{PAGE}?done=password_set#password", 303)


@routes.post("/account/password/removal", access=Access.MEMBER, limit=GENERAL, confirmed=True)
async def remove_password(accounts: Accounts, elsewhere: ElsewhereHere, me: Me, db: Db) -> Response:
    """Go on without a password, where there is another way in."""
    if not await _hold(db, me):
        return RedirectResponse(PAGE, 303)
    if not await _other_ways(db, elsewhere, me):
        raise OnlyWayIn
    await db.execute(update(Member).where(Member.id == me.member_id).values(password_hash=None))
    await events.record(db, "member:password_removed", member=me.member_id, subject=me.member_id)
    await tell(db, accounts.writer, me.member_id, "password_removed")
    return RedirectResponse(f"{PAGE}?done=password_removed#password", 303)


async def _hold(db: AsyncSession, me: Caller) -> bool:
    """Whether the member has a password; nothing else changes their ways in until the transaction ends."""
    mine = select(Member.password_hash.is_not(None)).where(Member.id == me.member_id)
    return bool(await db.scalar(mine.with_for_update()))


async def _other_ways(db: AsyncSession, elsewhere: Elsewhere, me: Caller) -> bool:
    """Whether a passkey or an account elsewhere opens the account."""
    keys = [key for key in await list_passkeys(db, member_id=me.member_id) if key.halted_at is None]
    links = [one for one in await list_identities(db, member_id=me.member_id) if one.issuer in elsewhere.names]
    return bool(keys or links)


def _purpose(me: Caller) -> str:
    return f"add {me.session_id}"

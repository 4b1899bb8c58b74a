"""The second half of signing in: a code or a passkey after the password; or a passkey instead of everything else."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select

from atelier.base.db import Acting
from atelier.base.errors import AtelierError
from atelier.limits.limit import PAGES, SIGN_IN_FORM
from atelier.people import locks, sessions
from atelier.people.factors import authenticators, challenges, codes, entrance, passkeys, prove, rules
from atelier.people.factors.entrance import Half
from atelier.people.factors.passkeys import BadPasskey
from atelier.people.factors.tables import Passkey
from atelier.people.leaving.pages import about_to_go
from atelier.people.locks import Locked, succeeded
from atelier.people.pages import end_session, enter
from atelier.people.request import Accounts
from atelier.people.rules import local_path
from atelier.people.tables import Member
from atelier.web.access import Access
from atelier.web.address import address
from atelier.web.caller import Caller
from atelier.web.forms import FormText
from atelier.web.parts import Here, MaybeMe, Parts
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
SIGN_IN, SECOND = "sign in", "second"  # what a challenge is for


@routes.get("/sign-in/second", access=Access.PUBLIC, limit=PAGES)
async def second_page(request: Request, here: Here) -> Response:
    """Ask for the second factor, in the browser that showed the first."""
    half = await entrance.find(here.web_db, entrance.secret_of(request, here.origin))
    return RedirectResponse("/sign-in", 303) if half is None else await _page(request, here, half)


@routes.post("/sign-in/second", access=Access.PUBLIC, limit=SIGN_IN_FORM)
async def second(request: Request, here: Here, accounts: Accounts, maybe: MaybeMe, code: FormText = "") -> Response:
    """Finish with a code of the authenticator app, or a recovery code."""
    half = await _half(request, here)
    door, at = await prove.at_door(request, here, half.member_id)
    try:
        claim = await door.claim(at)
    except Locked as error:
        return await _locked(request, here, half, error)
    try:
        async with here.web_db.transaction(Acting.member(half.member_id)) as db:
            await prove.code(db, here, accounts.writer, member_id=half.member_id, typed=code)
            await succeeded(db, claim)
            secret = await entrance.finish(db, half, agent=_agent(request), address=address(request))
    except (prove.WrongCode, authenticators.Unreadable) as error:
        await door.failed(claim, member=half.member_id, at=at)
        await prove.failed(here, accounts.writer, half.member_id, by="code")
        return await _page(request, here, half, faults={"code": error.message}, status=error.status)
    except AtelierError:
        await door.succeeded(claim, clears=False)  # nobody looked at it
        raise
    return await _in(here, maybe, secret, half.wanted, half.member_id)


@routes.post("/sign-in/second/challenge", access=Access.PUBLIC, limit=SIGN_IN_FORM)
async def second_challenge(request: Request, here: Here) -> Response:
    """What a browser is asked for one of the member's passkeys."""
    half = await _half(request, here)
    async with here.web_db.transaction(Acting.member(half.member_id)) as db:
        mine = await passkeys.list_passkeys(db, member_id=half.member_id)
    return challenge(request, here, f"{SECOND} {half.id}", mine)


@routes.post("/sign-in/second/passkey", access=Access.PUBLIC, limit=SIGN_IN_FORM)
async def second_passkey(
    request: Request, here: Here, accounts: Accounts, maybe: MaybeMe, credential: FormText = ""
) -> Response:
    """Finish with a passkey."""
    half = await _half(request, here)
    try:
        found = await prove.answered(request, here, credential, purpose=f"{SECOND} {half.id}")
        async with here.web_db.transaction(Acting.nobody()) as db:
            await prove.passkey(db, here, found, member_id=half.member_id)
            secret = await entrance.finish(db, half, agent=_agent(request), address=address(request))
    except (BadPasskey, challenges.ChallengeSpent) as error:
        if isinstance(error, BadPasskey):
            await prove.refused(here, accounts.writer, error, member_id=half.member_id)
        return await _page(request, here, half, faults={"passkey": error.message}, status=error.status)
    return await _in(here, maybe, secret, half.wanted, half.member_id)


@routes.post("/sign-in/passkey/challenge", access=Access.PUBLIC, limit=PAGES)
async def sign_in_challenge(request: Request, here: Here) -> Response:
    """What a browser is asked for any passkey of this studio; nobody needs to say who they are first."""
    return challenge(request, here, SIGN_IN, [])


@routes.post("/sign-in/passkey", access=Access.PUBLIC, limit=SIGN_IN_FORM)
async def sign_in(
    request: Request, here: Here, accounts: Accounts, maybe: MaybeMe, credential: FormText = "", next: FormText = "/"
) -> Response:
    """Open a session with a passkey alone: it is what one has, and it asked for what one knows or is."""
    to = local_path(next)
    try:
        found = await prove.answered(request, here, credential, purpose=SIGN_IN)
        async with here.web_db.transaction(Acting.nobody()) as db:
            owner = await prove.passkey(db, here, found)
            state = await db.scalar(select(Member.state).where(Member.id == owner.member_id))
            if state == "leaving":
                return await about_to_go(request, here, owner.member_id)
            if state != "active":
                raise BadPasskey("account is not open", member_id=owner.member_id)
            secret = await sessions.start(
                db, member_id=owner.member_id, agent=_agent(request), address=address(request)
            )
    except (BadPasskey, challenges.ChallengeSpent) as error:
        if isinstance(error, BadPasskey):
            await prove.refused(here, accounts.writer, error)
        typed = {"email": "", "next": to}
        return here.templates.page(
            request,
            "people/sign_in.html",
            typed=typed,
            faults={"passkey": error.message},
            done="",
            wait=None,
            passkeys=True,
            status=error.status,
        )
    return await _in(here, maybe, secret, to, owner.member_id)


def challenge(request: Request, here: Parts, purpose: str, allowed: list[Passkey]) -> Response:
    """A fresh challenge as JSON, for the script that asks the browser for a passkey."""
    from atelier.people.factors import ceremony

    rp_id = prove.relying_party(here)
    response = Response(media_type="application/json")
    asked = challenges.ask(request, response, prove.seal(here), here.origin, purpose=purpose)
    response.body = ceremony.request(rp_id=rp_id, challenge=asked, allowed=allowed).encode()
    response.headers["content-length"] = str(len(response.body))
    return response


async def _half(request: Request, here: Parts) -> Half:
    """The half sign-in of this browser; raises `Expired`."""
    half = await entrance.find(here.web_db, entrance.secret_of(request, here.origin))
    if half is None:
        raise entrance.Expired
    return half


async def _in(here: Parts, instead_of: Caller | None, secret: str, to: str, member_id: UUID) -> Response:
    """Let them in, and make the browser one that is known."""
    await end_session(here, instead_of)
    async with here.web_db.transaction(Acting.member(member_id)) as db:
        email = (await db.execute(select(Member.email).where(Member.id == member_id))).scalar_one()
    entered = enter(here, secret, to)
    entrance.forget(entered, here.origin)
    locks.remember(entered, here.key, origin=here.origin, email=email)
    return entered


async def _locked(request: Request, here: Parts, half: Half, error: Locked) -> Response:
    page = await _page(request, here, half, faults={"code": error.message}, wait=error.minutes, status=error.status)
    page.headers["Retry-After"] = str(error.seconds)
    return page


async def _page(
    request: Request,
    here: Parts,
    half: Half,
    *,
    faults: dict[str, str] | None = None,
    wait: int | None = None,
    status: int = 200,
) -> Response:
    async with here.web_db.transaction(Acting.member(half.member_id)) as db:
        app = await authenticators.find(db, member_id=half.member_id)
        mine = await passkeys.list_passkeys(db, member_id=half.member_id)
        left = await codes.count(db, member_id=half.member_id)
    return here.templates.page(
        request,
        "people/second.html",
        app=app is not None,
        passkeys=bool(mine) and rules.relying_party(here.origin) is not None,
        left=left,
        faults=faults or {},
        wait=wait,
        status=status,
    )


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")

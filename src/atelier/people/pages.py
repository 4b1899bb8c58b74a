"""The pages of sign-in and sign-out."""

from __future__ import annotations

from contextlib import suppress

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from atelier.base.db import Acting
from atelier.base.errors import NotFound
from atelier.limits.limit import PAGES, SIGN_IN_FORM
from atelier.people import locks, rules, sessions, signin
from atelier.people.factors import entrance
from atelier.people.factors.rules import relying_party
from atelier.people.leaving.pages import about_to_go
from atelier.people.oidc.elsewhere import ElsewhereHere
from atelier.people.passwords import passwords
from atelier.web.access import Access
from atelier.web.address import address
from atelier.web.caller import Caller
from atelier.web.forms import FormText
from atelier.web.parts import Here, MaybeMe, Parts
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.get("/sign-in", access=Access.PUBLIC, limit=PAGES)
async def sign_in_page(request: Request, here: Here, maybe: MaybeMe, next: str = "/") -> Response:
    if maybe is not None:
        return RedirectResponse(rules.local_path(next), 303)
    typed = {"email": "", "next": rules.local_path(next)}
    done = request.query_params.get("done", "")
    return here.templates.page(
        request, "people/sign_in.html", typed=typed, faults={}, done=done, wait=None, passkeys=_passkeys(here)
    )


@routes.post("/sign-in", access=Access.PUBLIC, limit=SIGN_IN_FORM)
async def sign_in(
    request: Request, here: Here, maybe: MaybeMe, email: FormText = "", password: FormText = "", next: FormText = "/"
) -> Response:
    """Open a session; one that the browser already had ends."""
    typed = {"email": email, "next": rules.local_path(next)}
    try:
        opened = await signin.sign_in(
            here.web_db,
            passwords,
            locks.Locks(here.web_db, here.limiter),
            at=locks.place(
                here.key, email=email, address=address(request), cookies=request.cookies, origin=here.origin
            ),
            email=email,
            password=password,
            agent=request.headers.get("user-agent", ""),
            address=address(request),
            wanted=typed["next"],
        )
    except signin.Waits as error:
        return here.templates.page(request, "people/waiting.html", status=error.status)
    except signin.Leaving as error:
        return await about_to_go(request, here, error.member_id)
    except (signin.WrongPassword, signin.Closed, locks.Locked) as error:
        faults = {"password": error.message}
        wait = error.minutes if isinstance(error, locks.Locked) else None
        answer = here.templates.page(
            request,
            "people/sign_in.html",
            typed=typed,
            faults=faults,
            done="",
            wait=wait,
            passkeys=_passkeys(here),
            status=error.status,
        )
        if isinstance(error, locks.Locked):
            answer.headers["Retry-After"] = str(error.seconds)
        return answer
    if opened.half:
        return entrance.onward(here.origin, opened)
    await end_session(here, maybe)
    entered = enter(here, opened.secret, typed["next"])
    locks.remember(entered, here.key, origin=here.origin, email=email)
    return entered


@routes.post("/sign-out", access=Access.PUBLIC, limit=PAGES)
async def sign_out(request: Request, here: Here, elsewhere: ElsewhereHere, maybe: MaybeMe) -> Response:
    """End this session, in the database as in the browser, and then there, if a provider opened it."""
    memory = await elsewhere.memory(here.web_db, maybe)
    await end_session(here, maybe)
    response: Response = RedirectResponse("/", 303)
    if onward := await elsewhere.way_out(memory):
        called, there = onward
        response = here.templates.page(request, "people/away.html", called=called, there=there, leaving=True)
    sessions.drop_cookie(response, here.origin)
    return response


async def end_session(here: Parts, caller: Caller | None) -> None:
    """End the session that a browser had, if it had one."""
    if caller is None or caller.session_id is None:
        return
    async with here.web_db.transaction(Acting.member(caller.member_id)) as db:
        with suppress(NotFound):  # ended in another window just now
            await sessions.end(db, member_id=caller.member_id, session_id=caller.session_id)


def _passkeys(here: Parts) -> bool:
    """Whether browsers make passkeys for this studio."""
    return relying_party(here.origin) is not None


def enter(here: Parts, secret: str, to: str) -> Response:
    """Send the browser on, with its new session."""
    response = RedirectResponse(to, 303)
    sessions.set_cookie(response, here.origin, secret)
    return response

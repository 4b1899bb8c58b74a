"""A form that was sent after the session had ended: sealed for its member, and kept in the browser until they are back.

Two cookies do this, and nothing is written in the database for somebody who is signed out. `who` says, sealed, whose
browser this was last. The form itself is sealed for that member, so that nobody else who signs in can open it; its
cookies are sent to one page alone. That page gives the form back, and the member sends it again by its button. A file
is not kept; the page names it, so that its member chooses it again. A form that cannot be kept stays where it is: the
answer shows it again with its button, and a script leaves its page open.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import MutableHeaders, UploadFile
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atelier.base.clock import now
from atelier.base.errors import SignedOut
from atelier.base.seal import Seal
from atelier.limits.limit import PAGES
from atelier.people.factors.waiting import came_from
from atelier.web import problems
from atelier.web.access import Access
from atelier.web.back import page_at
from atelier.web.caller import Caller
from atelier.web.confirmed import LONGEST, Fields
from atelier.web.language import translate
from atelier.web.parts import Here, Me, Parts, parts
from atelier.web.problems import wants_page
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
PAGE = "/unfinished"
PURPOSE = "unfinished form"  # of the seal; another one than that of forms which an older release sealed otherwise
LASTS = 3600  # seconds
REMEMBERED = 60 * 24 * 3600  # seconds; a session ends after 30 days
LONGEST_NAME = 200  # characters of a file's name that are kept
PIECE, PIECES = 3500, 2  # characters of one cookie, and how many: servers in front take a line of 8 kB
NEVER = frozenset({"password", "current", "code", "credential", "waits", "key", "ticket"})  # fields that are not kept
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A form that was sent to `path` from the page `back`. `files` names the files that it held, which are not kept."""

    path: str
    back: str
    fields: Fields
    files: tuple[str, ...] = ()


class NotKept(SignedOut):
    """The session has ended, and the form that was sent is too long for the browser to keep meanwhile."""

    code = "form_not_kept"

    def __init__(self) -> None:
        super().__init__(
            translate(
                "Your sign-in has ended, so nothing was sent and nothing was charged. This form cannot be kept while"
                " you sign in. Leave this page open, sign in in another tab, and send it again here."
            )
        )


@routes.get(PAGE, access=Access.MEMBER, limit=PAGES)
async def unfinished(request: Request, here: Here, me: Me) -> Response:
    """What the member had typed when their session ended, with the button that sends it."""
    held = _open(request, here, me)
    if held is None:
        return RedirectResponse("/", 303)
    return here.templates.page(request, "people/unfinished.html", held=held, seen=_seen(held))


def install(app: FastAPI) -> None:
    """Keep the form of a request that is refused because the session has ended, and lead to the sign-in page."""

    @app.exception_handler(SignedOut)
    async def keep(request: Request, error: SignedOut) -> Response:
        here, scripted = parts(request), "hx-request" in request.headers
        refused = problems.answer(request, error.status, error.code, error.message, error=error)
        if request.method != "POST" or not (scripted or wants_page(request)):
            return refused
        held = await _typed(request, _came_from(request, here))
        if held is None:
            return refused
        whose = _whose(request, here)
        pieces = _close(here, whose, held) if whose is not None else None
        if pieces is None:
            return _not_kept(request, here, held)
        there = f"/sign-in?next={PAGE}"
        response = refused if scripted else RedirectResponse(there, 303)
        if scripted:
            response.headers["HX-Redirect"] = there
        for at, piece in enumerate(pieces):
            _set(response, here.origin, _name(here.origin, f"form-{at}"), piece, path=PAGE, seconds=LASTS)
        return response


def _not_kept(request: Request, here: Parts, held: Unfinished) -> Response:
    """The form itself, for the page that a browser shows next; a script still has it on its page."""
    error = NotKept()
    refused = problems.answer(request, error.status, error.code, error.message, error=error)
    if not wants_page(request):
        return refused
    context = {"held": held, "seen": _seen(held), "message": error.message}
    page = here.templates.page(request, "people/not_kept.html", status=error.status, **context)
    page.headers["WWW-Authenticate"] = refused.headers["WWW-Authenticate"]
    return page


def _seen(held: Unfinished) -> list[tuple[str, str]]:
    """The fields that a person typed or chose."""
    return [(name, value) for name, value in held.fields if name != "once" and value]


class Remember:
    """ASGI middleware that has a browser remember, sealed, who was signed in last, for the time after."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["method"] == "GET":
                caller: Caller | None = scope.get("state", {}).get("caller")
                kind = MutableHeaders(scope=message).get("content-type", "")
                if caller is not None and caller.session_id and not caller.looking and kind.startswith("text/html"):
                    _remember(Request(scope), MutableHeaders(scope=message), caller.member_id)
            await send(message)

        await self.app(scope, receive, answer if scope["type"] == "http" else send)


def _remember(request: Request, headers: MutableHeaders, member_id: UUID) -> None:
    here = parts(request)
    if _whose(request, here) == member_id:
        return
    response = Response()
    _set(response, here.origin, _name(here.origin, "who"), _seal(here).close(str(member_id), purpose="who"), path="/")
    headers.append("set-cookie", response.headers["set-cookie"])


def _whose(request: Request, here: Parts) -> UUID | None:
    """The member who was signed in last in this browser."""
    said = _seal(here).open(request.cookies.get(_name(here.origin, "who"), ""), purpose="who")
    return UUID(said) if said else None


async def _typed(request: Request, back: str) -> Unfinished | None:
    """What the form held, without passwords and codes; None if it held nothing."""
    if not request.headers.get("content-type", "").startswith(FORMS):
        return None
    async with request.form() as form:
        items = form.multi_items()
    fields = tuple((name, value) for name, value in items if isinstance(value, str) and name not in NEVER)
    named = [value.filename for _, value in items if isinstance(value, UploadFile) and value.filename]
    files = tuple(name[:LONGEST_NAME] for name in named)
    typed = files or any(name != "once" for name, _ in fields)
    return Unfinished(_path(request), back, fields, files) if typed else None


def _path(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _came_from(request: Request, here: Parts) -> str:
    own = page_at(request, request.url.path, "/")
    return page_at(request, came_from(request.headers.get("referer", ""), here.origin, own), own)


def _close(here: Parts, member_id: UUID, held: Unfinished) -> list[str] | None:
    """The form as cookies' values, sealed for that member; None if it is too long."""
    if sum(len(name) + len(value) for name, value in held.fields) > LONGEST:
        return None
    text = json.dumps({**asdict(held), "at": now().timestamp()}, ensure_ascii=False)
    packed = zlib.compress(text.encode(errors="replace"), 9)
    sealed = _seal(here).close_bytes(packed, purpose=f"{PURPOSE} {member_id}")
    pieces = [sealed[at : at + PIECE] for at in range(0, len(sealed), PIECE)]
    return pieces + [""] * (PIECES - len(pieces)) if len(pieces) <= PIECES else None


def _open(request: Request, here: Parts, me: Caller) -> Unfinished | None:
    """What this member's form held; None if there is none, or it is too old."""
    sealed = "".join(request.cookies.get(_name(here.origin, f"form-{at}"), "") for at in range(PIECES))
    packed = _seal(here).open_bytes(sealed, purpose=f"{PURPOSE} {me.member_id}") if sealed else None
    if packed is None or me.session_id is None or me.looking:
        return None
    found = json.loads(zlib.decompress(packed))
    if not -60 < now().timestamp() - found["at"] < LASTS:
        return None
    fields = tuple((name, value) for name, value in found["fields"])
    return Unfinished(found["path"], found["back"], fields, tuple(found["files"]))


def _seal(here: Parts) -> Seal:
    return Seal(here.key("unfinished forms"))


def _name(origin: str, kind: str) -> str:
    return ("__Secure-" if origin.startswith("https://") else "") + f"atelier-{kind}"


def _set(response: Response, origin: str, name: str, value: str, *, path: str, seconds: int = REMEMBERED) -> None:
    secure = origin.startswith("https://")
    response.set_cookie(name, value, max_age=seconds, path=path, secure=secure, httponly=True, samesite="lax")

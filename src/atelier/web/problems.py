"""Expected errors as answers: RFC 9457 problem details for programs, a page for people. Crashes keep their cause."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from atelier.base.errors import AtelierError, SignedOut, TooMany, Unavailable
from atelier.base.log import get_log
from atelier.base.outages import outage
from atelier.limits import Reached
from atelier.limits.limit import REFUSED
from atelier.web.address import counted
from atelier.web.dialects import Failure, dialect_of
from atelier.web.parts import parts
from atelier.web.scopes import InsufficientScope

_HTTP = {
    400: ("bad_request", "The body of this request cannot be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that kind of request."),
    413: ("too_large", "This request is larger than this address takes."),
}


class Busy(Unavailable):
    """All connections to the database are in use, and none became free in time."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("Too much is going on just now. Try again in a moment.")


def problem(status: int, code: str, message: str, *, retry: bool = False, **more: Any) -> JSONResponse:
    """A problem+json answer (RFC 9457) with our code and whether trying again can help."""
    body = {"type": f"urn:atelier:error:{code}", "title": message, "status": status, "code": code, "retry": retry}
    return JSONResponse(body | more, status_code=status, media_type="application/problem+json")


def allowed(app: FastAPI, path: str) -> list[str]:
    """The methods that the routes at an address take together."""
    found = {"OPTIONS"}
    for outer in app.routes:
        for route in getattr(getattr(outer, "original_router", outer), "routes", None) or [outer]:
            if isinstance(route, Route) and route.path_regex.match(path):
                found |= route.methods or set()
    return sorted(found | {"HEAD"} if "GET" in found else found)


def wants_page(request: Request) -> bool:
    """Whether the answer goes to a person's browser."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def install(app: FastAPI) -> None:
    """Translate every error of the application."""

    @app.exception_handler(AtelierError)
    async def expected(request: Request, error: AtelierError) -> Response:
        if isinstance(error, Reached):
            request.state.limited = error.standings
        if error.status in (503, 507):
            get_log().warning("web:unavailable", code=error.code, path=request.url.path)
        details = {key: value for key, value in error.details.items() if isinstance(value, str | int | float | list)}
        return answer(
            request,
            error.status,
            error.code,
            error.message,
            retry=error.retry,
            field=error.field,
            error=error,
            **details,
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:]) or None
        if (reached := await _refused_too_often(request)) is not None:
            return await expected(request, reached)
        return answer(request, 422, "invalid_input", _sentence(field, first["msg"]), field=field)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, AtelierError):  # raised while the body was being read
            return await expected(request, error.__cause__)
        if error.status_code == 400 and (reached := await _refused_too_often(request)) is not None:
            return await expected(request, reached)
        if error.status_code == 405:
            error.headers = {**(error.headers or {}), "Allow": ", ".join(allowed(request.app, request.url.path))}
            if request.scope["method"] == "OPTIONS":  # what can be asked for here (RFC 9110, section 9.3.7)
                return Response(status_code=204, headers=error.headers)
        code, message = _HTTP.get(error.status_code, ("error", str(error.detail)))
        refusal = answer(request, error.status_code, code, message)
        for name, value in (error.headers or {}).items():  # a 405 must say what is allowed (RFC 9110, 15.5.6)
            refusal.headers[name] = value
        return refusal

    @app.exception_handler(PoolExhausted)
    async def busy(request: Request, error: PoolExhausted) -> Response:
        return await expected(request, Busy())

    @app.exception_handler(OSError)
    @app.exception_handler(DBAPIError)
    @app.exception_handler(asyncpg.PostgresError)
    @app.exception_handler(asyncpg.InterfaceError)
    async def failed(request: Request, error: Exception) -> Response:
        """Something that the studio depends on failed; anything else is a crash."""
        found = outage(error)
        if found is None:
            raise error
        return await expected(request, found)

    @app.exception_handler(ClientDisconnect)
    async def hung_up(request: Request, error: ClientDisconnect) -> Response:
        return answer(request, 400, "bad_request", "The rest of this request did not come.")  # nobody reads it

    @app.exception_handler(Exception)
    async def crash(request: Request, error: Exception) -> Response:
        get_log().error("web:crashed", path=request.url.path, exc_info=error)
        message = "Something broke on our side. It has been written down; try again in a moment."
        if parts(request).debug:
            message = f"{message} {type(error).__name__}: {error}"
        return answer(request, 500, "crashed", message, retry=True)


async def _refused_too_often(request: Request) -> Reached | None:
    """Count a request whose body cannot be read: it is refused before its route's rule has counted it."""
    if getattr(request.state, "holder", None) is not None:
        return None
    try:
        request.state.limited = await parts(request).limiter.hit(REFUSED, counted(request))
    except Reached as reached:
        return reached
    return None


def answer(
    request: Request, status: int, code: str, message: str, *, error: AtelierError | None = None, **more: Any
) -> Response:
    """An error in the caller's dialect, with the headers that it asks for."""
    more = {key: value for key, value in more.items() if value not in (None, False)}
    response: Response
    dialect = dialect_of(request)
    if dialect is None and isinstance(error, SignedOut) and wants_page(request) and request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(back)}", status_code=303)
    if dialect is not None:
        said = Failure(status, code, message, more.pop("field", None), more.pop("retry", False), more)
        status, body = dialect(said)
        response = JSONResponse(dict(body), status_code=status)
    elif wants_page(request):
        response = parts(request).templates.page(request, "error.html", status=status, code=code, message=message)
    else:
        response = problem(status, code, message, **more)
    if status == 408:
        response.headers["Connection"] = "close"  # the rest may still come, and is no request (RFC 9110, 15.5.9)
    seconds = error.seconds if isinstance(error, TooMany) else error.retry_after if error is not None else 0
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    if isinstance(error, SignedOut | InsufficientScope):
        response.headers["WWW-Authenticate"] = _challenge(request, error)
    return response


def _challenge(request: Request, error: AtelierError) -> str:
    """What opens this route, and why what came did not (RFC 6750, section 3)."""
    said = 'Bearer realm="atelier"'
    if isinstance(error, InsufficientScope):
        return f'{said}, error="insufficient_scope", scope="{error.scope}"'
    brought = request.headers.get("authorization", "").lower().startswith("bearer")
    return f'{said}, error="invalid_token"' if brought else said


def _sentence(field: str | None, message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{field}: {text[0].lower()}{text[1:]}." if field else f"{text}."

"""Expected errors as answers: RFC 9457 problem details for programs, a page for people. Crashes keep their cause."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException

from atelier.base.errors import AtelierError, SignedOut, TooMany
from atelier.base.log import get_log
from atelier.limits import Reached
from atelier.web.parts import parts
from atelier.web.scopes import InsufficientScope

_HTTP = {
    400: ("bad_request", "The body of this request cannot be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that kind of request."),
    413: ("too_large", "This request is larger than this address takes."),
}


def problem(status: int, code: str, message: str, *, retry: bool = False, **more: Any) -> JSONResponse:
    """A problem+json answer (RFC 9457) with our code and whether trying again can help."""
    body = {"type": f"urn:atelier:error:{code}", "title": message, "status": status, "code": code, "retry": retry}
    return JSONResponse(body | more, status_code=status, media_type="application/problem+json")


def wants_page(request: Request) -> bool:
    """Whether the answer goes to a person's browser."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def install(app: FastAPI) -> None:
    """Translate every error of the application."""

    @app.exception_handler(AtelierError)
    async def expected(request: Request, error: AtelierError) -> Response:
        if isinstance(error, Reached):
            request.state.limited = error.standings
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
        return answer(request, 422, "invalid_input", _sentence(field, first["msg"]), field=field)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, AtelierError):  # raised while the body was being read
            return await expected(request, error.__cause__)
        code, message = _HTTP.get(error.status_code, ("error", str(error.detail)))
        refusal = answer(request, error.status_code, code, message)
        for name, value in (error.headers or {}).items():  # a 405 must say what is allowed (RFC 9110, 15.5.6)
            refusal.headers[name] = value
        return refusal

    @app.exception_handler(PoolExhausted)
    async def busy(request: Request, error: PoolExhausted) -> Response:
        get_log().warning("web:busy", path=request.url.path)
        return answer(request, 503, "busy", "Too much is going on just now. Try again in a moment.", retry=True)

    @app.exception_handler(Exception)
    async def crash(request: Request, error: Exception) -> Response:
        get_log().error("web:crashed", path=request.url.path, exc_info=error)
        message = "Something broke on our side. It has been written down; try again in a moment."
        if parts(request).debug:
            message = f"{message} {type(error).__name__}: {error}"
        return answer(request, 500, "crashed", message, retry=True)


def answer(
    request: Request, status: int, code: str, message: str, *, error: AtelierError | None = None, **more: Any
) -> Response:
    """An error in the caller's dialect, with the headers that it asks for."""
    more = {key: value for key, value in more.items() if value not in (None, False)}
    response: Response
    if isinstance(error, SignedOut) and wants_page(request) and request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(back)}", status_code=303)
    if wants_page(request):
        response = parts(request).templates.page(request, "error.html", status=status, code=code, message=message)
    else:
        response = problem(status, code, message, **more)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
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

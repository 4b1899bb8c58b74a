"""Bounds on what a request may bring: how large it is, how slowly it comes, and that nothing is said twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atelier.base.errors import AtelierError, BadRequest
from atelier.web.framing import misframed
from atelier.web.problems import problem

BODY = 1024 * 1024  # bytes, of a route that takes no files
FILES = 64 * 1024**3  # bytes, of one that does: it knows the limits of each kind of file itself
PATIENCE = 20.0  # seconds without another piece of the body, and that all waiting for it may take …
SLOWEST = 1000  # … with another second for each so many of its bytes …
LONGEST = 3600.0  # … up to so many seconds
HEAD = 32 * 1024  # bytes of all headers
LONGEST_ADDRESS = 8192  # bytes of path and query


class SaidTwice(BadRequest):
    """A parameter is there more than once where one is meant; which of them counts would be a guess."""

    code = "repeated_parameter"


class TooSlow(AtelierError):
    """The body stopped coming, or comes too slowly."""

    code = "too_slow"
    status = 408
    retry = True


class Bounds:
    """ASGI middleware: refuses heads that are too long or malformed, and gives up on bodies that come too slowly.

    Only the time that is spent waiting for the client counts, so a busy studio never blames an upload.
    """

    def __init__(
        self, app: ASGIApp, *, patience: float = PATIENCE, slowest: float = SLOWEST, longest: float = LONGEST
    ) -> None:
        self.app = app
        self.patience = patience
        self.slowest = slowest
        self.longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = scope.get("headers", ())
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_ADDRESS:
            fault: tuple[int, str, str] | None = (414, "address_too_long", "This address is too long.")
        elif sum(len(name) + len(value) + 4 for name, value in headers) > HEAD:
            fault = (431, "head_too_large", "The headers of this request are too large.")
        else:
            fault = misframed(scope)
        if fault is not None:
            refusal = problem(*fault)
            refusal.headers["Connection"] = "close"  # where its body ends is not certain
            await refusal(scope, receive, send)
            return
        whole, waited, size = False, 0.0, 0
        clock = asyncio.get_running_loop().time

        async def next_piece() -> Message:
            nonlocal whole, waited, size
            if whole:  # from here on it only waits for the caller to hang up
                return await receive()
            began, left = clock(), min(self.patience + size / self.slowest, self.longest) - waited
            try:
                async with asyncio.timeout(min(self.patience, left)):
                    message = await receive()
            except TimeoutError:
                raise TooSlow(
                    "The body of this request came too slowly, so it was given up and nothing was changed. Try again."
                ) from None
            finally:
                waited += clock() - began
            size += len(message.get("body", b""))
            whole = message["type"] != "http.request" or not message.get("more_body")
            return message

        await self.app(scope, next_piece, _in_our_words(scope, receive, send))


def _in_our_words(scope: Scope, receive: Receive, send: Send) -> Send:
    """Say a refusal for size as every other: the framework's own is a bare line of text."""
    bare = False

    async def answer(message: Message) -> None:
        nonlocal bare
        if message["type"] == "http.response.start" and message["status"] == 413:
            bare = Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")
            if bare:
                await problem(413, "too_large", "This request is larger than this address takes.")(scope, receive, send)
        if not bare:
            await send(message)

    return answer


def said_once(request: Request) -> None:
    """Raise `SaidTwice` for a query parameter that is repeated although its route takes one."""
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name in seen and name not in _lists(request.scope.get("route")):
            raise SaidTwice(f"{name[:60]!r} is in the address more than once: say it once.", field=name[:60])
        seen.add(name)


def _lists(route: Any) -> frozenset[str]:
    """The query parameters of a route that may be repeated."""
    if not isinstance(route, APIRoute):
        return frozenset()
    found = ((field.alias, field.field_info.annotation) for field in query_parameters(route))
    return frozenset(name for name, annotation in found if _is_list(annotation))


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation) or annotation
    return origin in (list, tuple, set, frozenset) or any(_is_list(part) for part in get_args(annotation))


def query_parameters(route: APIRoute) -> Sequence[Any]:
    """The query parameters of a route, those of its dependencies among them."""
    found: list[Any] = []
    left = [route.dependant]
    while left:
        dependant = left.pop()
        found += dependant.query_params
        left += dependant.dependencies
    return found

"""One route three ways: bare, behind our rule, and as FastAPI applications do it: a signed cookie and `limits`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from atelier.limits.limit import GENERAL
from atelier.web import problems
from atelier.web.access import Access
from atelier.web.asked import Asked
from atelier.web.parts import Me, Parts
from atelier.web.routes import Routes
from atelier.web.scopes import Scope
from limits import parse

Scopes = MutableMapping[str, Any]
Called = Callable[[Scopes, Callable[[], Awaitable[Scopes]], Callable[[Scopes], Awaitable[None]]], Awaitable[None]]
LASTS = 14 * 24 * 3600


def plain() -> Called:
    """The route alone."""
    app = FastAPI()

    @app.get("/api/v1/thing")
    async def thing() -> dict[str, str]:
        return {"name": "thing"}

    return app


def ruled(parts: Parts) -> Called:
    """Ours: the session, the access rule and the limit, with the headers that say where the caller stands."""
    app, routes = FastAPI(), Routes()

    @routes.get("/api/v1/thing", access=Access.MEMBER, limit=GENERAL, scope=next(iter(Scope)))
    async def thing(me: Me) -> dict[str, str]:
        return {"name": "thing"}

    app.include_router(routes)
    app.state.parts = parts
    problems.install(app)
    app.add_middleware(Asked)
    return app


def bare(secret: str) -> Called:
    """The peer: a session in a signed cookie as Starlette's middleware keeps it, and a moving window in memory."""
    app = FastAPI()
    limiter, rate = MovingWindowRateLimiter(MemoryStorage()), parse("100000000/minute")

    async def member(request: Request, response: Response) -> str:
        found = _read(secret, request.cookies.get("session", ""))
        if found is None or "member" not in found:
            raise HTTPException(401)
        allowed = await limiter.hit(rate, "general", found["member"])
        stats = await limiter.get_window_stats(rate, "general", found["member"])
        response.headers["X-RateLimit-Limit"] = str(rate.amount)
        response.headers["X-RateLimit-Remaining"] = str(stats.remaining)
        response.headers["X-RateLimit-Reset"] = str(int(stats.reset_time))
        if not allowed:
            raise HTTPException(429)
        return str(found["member"])

    @app.get("/api/v1/thing")
    async def thing(me: str = Depends(member)) -> dict[str, str]:
        return {"name": "thing"}

    return app


def cookie(secret: str, session: dict[str, str]) -> str:
    """A session as a cookie: its JSON, the time, and a signature of both."""
    said = f"{base64.b64encode(json.dumps(session).encode()).decode()}.{int(time.time())}"
    return f"{said}.{_sign(secret, said)}"


def _read(secret: str, sent: str) -> dict[str, str] | None:
    said, _, signature = sent.rpartition(".")
    if not hmac.compare_digest(_sign(secret, said), signature):
        return None
    written, _, at = said.rpartition(".")
    if int(at) + LASTS < time.time():
        return None
    found: dict[str, str] = json.loads(base64.b64decode(written))
    return found


def _sign(secret: str, said: str) -> str:
    return (
        base64.urlsafe_b64encode(hmac.new(secret.encode(), said.encode(), hashlib.sha1).digest()).decode().rstrip("=")
    )


async def called(app: Called, sent: str, calls: int) -> float:
    """Milliseconds that one of so many calls takes, without a network."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/api/v1/thing",
        "raw_path": b"/api/v1/thing",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"studio.test"), (b"cookie", sent.encode()), (b"accept", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("studio.test", 80),
    }
    status = 0

    async def receive() -> Scopes:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Scopes) -> None:
        nonlocal status
        status = message.get("status", status)

    began = time.perf_counter()
    for _ in range(calls):
        await app({**scope, "state": {}}, receive, send)
        if status != 200:
            raise RuntimeError(f"the route answered {status}")
    return (time.perf_counter() - began) * 1000 / calls

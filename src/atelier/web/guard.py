"""What stands around every request: its id and timing in the log, security headers with a nonce, and the refusal of
unknown host names and of writes that another site sends."""

from __future__ import annotations

import secrets
import time
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atelier.base.ids import new_id
from atelier.base.log import get_log
from atelier.base.outages import outage
from atelier.web import policy
from atelier.web.hosts import HEALTH, Hosts, UnknownHost
from atelier.web.problems import answer as in_dialect
from atelier.web.problems import problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
}
REPORTS = {"Reporting-Endpoints": 'csp="/csp-reports"'}
PORTS = {"http": 80, "https": 443}
HSTS = "max-age=63072000; includeSubDomains"


def _who(scope: Scope) -> dict[str, str]:
    """Who asked, by id, and which operator looked through their eyes."""
    caller = scope["state"].get("caller")
    found = {"member": caller.member_id, "looking": caller.looking} if caller is not None else {}
    return {name: str(value) for name, value in found.items() if value is not None}


def _origin(address: str) -> tuple[str, str, int | None] | str:
    """Scheme, host and port of an address (RFC 6454); two that are no origins are never the same one."""
    try:
        parts = urlsplit(address)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return address
    return (parts.scheme, parts.hostname, port) if parts.hostname and parts.scheme in PORTS else f"none: {address}"


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, origin: str, hosts: Hosts) -> None:
        self.app = app
        self.origin = origin
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        nonce = secrets.token_urlsafe(16)
        request_id = str(new_id())
        scope.setdefault("state", {}).update(nonce=nonce, request_id=request_id)
        status, started = 500, False

        async def answer(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                started = True
                status = message["status"]
                headers = MutableHeaders(scope=message)
                allowed = policy.headers(nonce, scope["state"].get("policy"))
                for name, value in (HEADERS | REPORTS | allowed).items():
                    headers.setdefault(name, value)
                if self.origin.startswith("https://"):
                    headers.setdefault("Strict-Transport-Security", HSTS)
                headers["X-Request-Id"] = request_id
                if not scope["path"].startswith(("/static/", "/files/")):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                if not self._known_host(scope):
                    unknown = UnknownHost(self.origin)
                    refusal = in_dialect(
                        Request(scope), unknown.status, unknown.code, unknown.message, error=unknown, **unknown.details
                    )
                    await refusal(scope, receive, answer)
                elif self._from_elsewhere(scope):
                    refusal = problem(403, "cross_site", "This request came from another site, so it was refused.")
                    await refusal(scope, receive, answer)
                else:
                    await self.app(scope, receive, answer)
            except Exception as error:
                found = outage(error)
                if found is None or not started:
                    raise
                # part of the answer is sent already: the server closes the connection, so nobody takes it for whole
                get_log().warning("web:broken_off", code=found.code, path=scope["path"])
            finally:
                if not scope["path"].startswith("/static/"):
                    ms = round((time.perf_counter() - began) * 1000, 1)
                    facts = {"method": scope["method"], "path": scope["path"], "status": status, "ms": ms}
                    get_log().info("web:answered", **facts, **_who(scope))

    def _known_host(self, scope: Scope) -> bool:
        return scope["path"].startswith(HEALTH) or self.hosts.allow(Headers(scope=scope).get("host", ""))

    def _from_elsewhere(self, scope: Scope) -> bool:
        """Whether a browser sends a write on behalf of another site (Sec-Fetch-Site, else Origin, else Referer)."""
        if scope["method"] in SAFE:
            return False
        headers = Headers(scope=scope)
        if headers.get("authorization", "").lower().startswith("bearer "):
            return False  # no browser adds a token by itself
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        said = headers.get("origin") or headers.get("referer")
        if not said:
            return False  # no browser: those name at least one of them in a write that another site sends
        return _origin(said) not in (_origin(self.origin), _origin(f"{scope['scheme']}://{headers.get('host', '')}"))

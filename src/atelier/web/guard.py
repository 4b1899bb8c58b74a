"""What stands around every request: its id and timing in the log, security headers with a nonce, and the refusal of
writes that another site sends."""

from __future__ import annotations

import secrets
import time
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atelier.base.ids import new_id
from atelier.base.log import get_log
from atelier.web.problems import problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}';"
    " img-src 'self' data: blob:;"
    " font-src 'self'; connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'; report-uri /csp-reports; report-to csp"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), usb=(), microphone=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
}
REPORTS = {"Reporting-Endpoints": 'csp="/csp-reports"'}
HSTS = "max-age=63072000; includeSubDomains"


def _who(scope: Scope) -> dict[str, str]:
    """Who asked, by id, and which operator looked through their eyes."""
    caller = scope["state"].get("caller")
    found = {"member": caller.member_id, "looking": caller.looking} if caller is not None else {}
    return {name: str(value) for name, value in found.items() if value is not None}


def _host(origin: str) -> str | None:
    """The host and port that an origin names; None for what is no origin."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, origin: str) -> None:
        self.app = app
        self.origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        nonce = secrets.token_urlsafe(16)
        request_id = str(new_id())
        scope.setdefault("state", {}).update(nonce=nonce, request_id=request_id)
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS | REPORTS).items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", POLICY.format(nonce=nonce))
                if self.origin.startswith("https://"):
                    headers.setdefault("Strict-Transport-Security", HSTS)
                headers["X-Request-Id"] = request_id
                if not scope["path"].startswith(("/static/", "/files/")):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                if self._from_elsewhere(scope):
                    refusal = problem(403, "cross_site", "This request came from another site, so it was refused.")
                    await refusal(scope, receive, answer)
                else:
                    await self.app(scope, receive, answer)
            finally:
                if not scope["path"].startswith("/static/"):
                    ms = round((time.perf_counter() - began) * 1000, 1)
                    facts = {"method": scope["method"], "path": scope["path"], "status": status, "ms": ms}
                    get_log().info("web:answered", **facts, **_who(scope))

    def _from_elsewhere(self, scope: Scope) -> bool:
        """Whether a browser sends a write on behalf of another site (Sec-Fetch-Site, else Origin against Host)."""
        if scope["method"] in SAFE:
            return False
        headers = Headers(scope=scope)
        if headers.get("authorization", "").lower().startswith("bearer "):
            return False  # no browser adds a token by itself
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        origin = headers.get("origin")
        return origin is not None and origin != self.origin and _host(origin) != headers.get("host", "")

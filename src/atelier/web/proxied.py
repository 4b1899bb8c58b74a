"""What a trusted proxy says about the request that it passes on: the scheme and the host that the browser used.

Both replace what the proxy's own connection has, so everything behind (the list of hosts, the origin check, cookies,
links) reads them from the usual places. From anybody else these headers mean nothing.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from atelier.limits.network import Networks, plain, within

SCHEMES = frozenset({"http", "https"})


class Proxied:
    """ASGI middleware outside of everything that reads a request's scheme or host."""

    def __init__(self, app: ASGIApp, *, proxies: Networks) -> None:
        self.app = app
        self.proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.proxies and scope.get("client"):
            peer = plain(scope["client"][0])
            if within(peer, self.proxies):
                scope = _as_forwarded(scope, self.proxies)
        await self.app(scope, receive, send)


def _as_forwarded(scope: Scope, proxies: Networks) -> Scope:
    headers = Headers(scope=scope)
    passed = _trusted_hops(headers, proxies)
    scheme = _said(headers, "x-forwarded-proto", passed).lower()
    host = _said(headers, "x-forwarded-host", passed)
    if scheme in SCHEMES:
        scope = {**scope, "scheme": scheme}
    if host:
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        scope = {**scope, "headers": [(b"host", host.encode("latin-1")), *others]}
    return scope


def _trusted_hops(headers: Headers, proxies: Networks) -> int:
    """How many trusted proxies the request passed: the one that connects, and those that stand before it."""
    hops = _values(headers, "x-forwarded-for")
    passed = 1
    for hop in reversed(hops):
        if not within(plain(hop), proxies):
            break
        passed += 1
    return passed


def _said(headers: Headers, name: str, passed: int) -> str:
    """What the outermost trusted proxy says. Each adds its value at the end, or sets the only one."""
    values = _values(headers, name)
    return values[-min(passed, len(values))] if values else ""


def _values(headers: Headers, name: str) -> list[str]:
    return [value.strip() for line in headers.getlist(name) for value in line.split(",") if value.strip()]

"""How many connections a web process keeps open, in all and for each network.

Each web process counts its own. A trusted proxy's connections count only in all: whose they are is known request by
request, and `Crowds` counts those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from atelier.base.log import get_log
from atelier.limits.network import Networks, network, plain, within
from atelier.web.address import address
from atelier.web.problems import problem

CROWDED = "Your network has too many requests open at the same time. Close some pages, then try again."
EACH = 200  # of one network
ALL = 10_000  # of a process whose system says no other limit
AGAIN = 5  # seconds after which who was refused may try again


class Connection(Protocol):
    """What is counted."""

    @property
    def answering(self) -> bool:
        """Whether a request is being answered."""

    def close(self) -> None:
        """End it."""


class Connections:
    """The open connections. Where there is no room for another, one that waits for a request makes room for it."""

    def __init__(self, *, each: int = EACH, most: int = ALL, proxies: Networks = ()) -> None:
        self.each = each
        self._most = most
        self._proxies = proxies
        self._open: dict[str, dict[Connection, None]] = {}  # by network; the oldest first
        self._networks: dict[Connection, str] = {}

    def admit(self, connection: Connection, peer: str) -> bool:
        """Count a new connection; False if there is no room for it."""
        found = plain(peer)
        proxy = within(found, self._proxies)
        of = "a trusted proxy" if proxy else network(found)
        group = self._open.setdefault(of, {})
        if len(self._networks) >= self._most:
            crowd = max(self._open.values(), key=len)
        elif len(group) >= self.each and not proxy:
            crowd = group
        else:
            crowd = {}
        if crowd and not self._makes_room(crowd):
            get_log().warning("web:connection_refused", network=of, open=len(group))
            if not group:
                del self._open[of]
            return False
        self._open.setdefault(of, group)[connection] = None
        self._networks[connection] = of
        return True

    def release(self, connection: Connection) -> None:
        """Forget a connection that ended."""
        of = self._networks.pop(connection, None)
        if of is None:
            return
        group = self._open[of]
        del group[connection]
        if not group:
            del self._open[of]

    def _makes_room(self, crowd: dict[Connection, None]) -> bool:
        """End the connection that has waited longest for a request, if one waits."""
        idle = next((one for one in crowd if not one.answering), None)
        if idle is None:
            return False
        self.release(idle)
        idle.close()
        return True


class Crowds:
    """ASGI middleware: so many requests of one network may be open at a time, behind trusted proxies too."""

    def __init__(self, app: ASGIApp, *, each: int = EACH) -> None:
        self.app = app
        self.each = each
        self.open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        of = network(address(Request(scope)))
        if self.open[of] >= self.each:
            await _refusal()(scope, receive, send)
            return
        async with self._counted(of):
            await self.app(scope, receive, send)

    @asynccontextmanager
    async def _counted(self, of: str) -> AsyncIterator[None]:
        self.open[of] += 1
        try:
            yield
        finally:
            self.open[of] -= 1
            if not self.open[of]:
                del self.open[of]


def refused() -> bytes:
    """The answer to a connection that found no room, before it has asked for anything."""
    body = _refusal().body
    head = f"retry-after: {AGAIN}\r\ncontent-type: application/problem+json\r\ncontent-length: {len(body)}\r\n"
    return f"HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\n{head}\r\n".encode() + bytes(body)


def _refusal() -> Response:
    answer = problem(429, "too_many_open", CROWDED, retry=True, seconds=AGAIN)
    answer.headers["Retry-After"] = str(AGAIN)
    return answer

"""What a request leaves behind: where its facts come from is forgotten when it ends, and its answer says where the
caller stands with their limits."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atelier.base import whence
from atelier.limits.headers import put


class Asked:
    """ASGI middleware around every route; the route's rule fills in what it says."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                put(MutableHeaders(scope=message), scope.get("state", {}).get("limited", ()))
            await send(message)

        with whence.apart():
            await self.app(scope, receive, answer)

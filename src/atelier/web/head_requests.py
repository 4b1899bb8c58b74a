"""HEAD is answered as GET is, without the body (RFC 9110, section 9.3.2): the same rule, limit, status and headers."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """ASGI middleware around every route."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        endless = asyncio.Event()  # the answer comes in pieces, of which nobody wants any
        sent = False

        async def answer(message: Message) -> None:
            nonlocal sent
            if message["type"] != "http.response.body":
                await send(message)
                return
            if message.get("more_body"):
                endless.set()
            if not sent:
                sent = True
                await send({"type": "http.response.body", "body": b""})

        work = asyncio.ensure_future(self.app({**scope, "method": "GET"}, receive, answer))
        ended = asyncio.ensure_future(endless.wait())
        try:
            await asyncio.wait({work, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            if not work.done():
                work.cancel()
        try:
            await work
        except asyncio.CancelledError:
            if not endless.is_set():
                raise

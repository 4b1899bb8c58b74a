"""Bounds on the head of a request, before any application is asked: how large it is, and how slowly it comes.

Uvicorn reads a head without end for as long as somebody sends it; this is its protocol with an end.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST = 64 * 1024  # bytes of a head that is still coming; `Bounds` is stricter with one that is whole
PATIENCE = 20.0  # seconds that a head may take, from the connection's or the request's beginning


class Heads(HttpToolsProtocol):
    """One connection of a browser's."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._coming = True
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._coming:
            self._size += len(data)
            if self._size > LARGEST:
                self._end(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        self._coming = False
        self._forget()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._forget()
        self._coming, self._size = True, 0
        self._timer = self.loop.call_later(PATIENCE, self._end, b"408 Request Timeout")

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, status: bytes) -> None:
        self._forget()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()

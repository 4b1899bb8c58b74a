"""One HTTP/1.1 connection: uvicorn's protocol with bounds on what a client sends, and on how long it takes.

Uvicorn reads a head, the frame around a body (chunk lengths, their extensions, trailers) and waiting requests for as
long as somebody sends them, and adds trailers to the headers. Here each of these ends, and trailers are discarded.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from atelier.web.connections import Connections, refused
from atelier.web.framing import Framing, Unframed, origin_form

LARGEST = 64 * 1024  # bytes of a head that is still coming; `Bounds` is stricter with one that is whole
PATIENCE = 20.0  # seconds that a head may take, from the connection's beginning or the first byte after a request
LINGER = 10.0  # seconds in which the rest of a body is read and discarded after its request was answered
WAITING = 16  # requests that one connection may send before the first of them is answered
STALL = 30.0  # seconds in which a client must take STALL × SLOWEST bytes of what waits to be sent to it
SLOWEST = 500  # bytes a second
SLICE = 64 * 1024  # bytes that are parsed before the bounds are looked at again


class _Phase(Enum):
    BETWEEN = "between two requests"
    HEAD = "a head is expected or coming"
    BODY = "a body is coming"


class _Flow(FlowControl):
    """Whether we read from and write to the connection; once `ended`, nothing more is read."""

    ended = False

    def end_reading(self) -> None:
        self.pause_reading()
        self.ended = True

    def resume_reading(self) -> None:
        if not self.ended:
            super().resume_reading()


class Heads(HttpToolsProtocol):
    """A client's connection."""

    flow: _Flow

    def __init__(self, *args: Any, bounded_by: Connections | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._bounded_by = bounded_by or Connections()
        self._phase = _Phase.HEAD
        self._size = 0  # bytes of the head so far
        self._framing = Framing(LARGEST)
        self._timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._unsent = 0

    # the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.flow = _Flow(transport)
        if self.client is None or self._bounded_by.admit(self, self.client[0]):
            self._expect_head()
        else:
            transport.write(refused())
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        self._stop_stall_timer()
        self._bounded_by.release(self)
        super().connection_lost(exc)

    @property
    def answering(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def close(self) -> None:
        """End the connection, so that another finds room."""
        self._wait_no_more()
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), SLICE):
            if self.transport.is_closing() or self.flow.ended:
                return
            self._receive(view[start : start + SLICE])

    def _receive(self, piece: memoryview) -> None:
        self._unset_keepalive_if_required()
        if self._phase is _Phase.BETWEEN:
            self._expect_head()
        phase, framing = self._phase, self._framing
        try:
            self._parse(piece)
            if self._phase is not phase or self._framing is not framing:
                return  # something ended in this piece, so it says little about what comes now
            if phase is _Phase.HEAD:
                self._size += len(piece)
            elif phase is _Phase.BODY:
                framing.count(len(piece))
        except httptools.HttpParserError:
            self._end(b"400 Bad Request")
        except Unframed as error:
            self._end(error.status)
        else:
            if self._size > LARGEST:
                self._end(b"431 Request Header Fields Too Large")

    def _parse(self, piece: memoryview) -> None:
        while piece:
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                piece = piece[upgrade.args[0] :]  # we take no upgrade, so what follows is the next request
            else:
                return

    # the parser's calls

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= WAITING - 1:
            raise Unframed(b"429 Too Many Requests")
        super().on_message_begin()
        if self._phase is not _Phase.HEAD:
            self._expect_head()
        self._size = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase is _Phase.HEAD:
            super().on_header(name, value)
        else:
            self._framing.trailers = True  # and nothing of them is kept

    def on_headers_complete(self) -> None:
        self.url = origin_form(self.url, self.headers)
        self._wait_no_more()
        self._phase, self._size, self._framing = _Phase.BODY, 0, Framing(LARGEST)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._framing.body(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._phase = _Phase.BETWEEN
        if self.cycle.response_complete:
            self._wait_no_more()
        super().on_message_complete()

    # answers

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._phase is _Phase.BODY and self.cycle.response_complete:
            self._wait(LINGER, self.transport.close)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop_stall_timer()
        self._unsent = self.transport.get_write_buffer_size()
        self._stall_timer = self.loop.call_later(STALL, self._look_whether_stalled)

    def resume_writing(self) -> None:
        self._stop_stall_timer()
        super().resume_writing()

    def _look_whether_stalled(self) -> None:
        before, self._unsent = self._unsent, self.transport.get_write_buffer_size()
        if before - self._unsent < STALL * SLOWEST:
            self.transport.abort()
        else:
            self._stall_timer = self.loop.call_later(STALL, self._look_whether_stalled)

    # time

    def _expect_head(self) -> None:
        self._phase, self._size = _Phase.HEAD, 0
        self._wait(PATIENCE, self._end, b"408 Request Timeout")

    def _wait(self, seconds: float, then: Any, *given: Any) -> None:
        self._wait_no_more()
        self._timer = self.loop.call_later(seconds, then, *given)

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    # the end

    def _end(self, status: bytes) -> None:
        """Take nothing more. Requests that came whole are answered; the one that is coming gets `status`."""
        self._wait_no_more()
        if self.transport.is_closing():
            return
        if not self.answering:
            self._refuse(status)
        elif self._phase is _Phase.BODY:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started or self.pipeline:
                self.transport.close()
            else:
                self._refuse(status)
        else:
            self.cycle.keep_alive = False
            self.flow.end_reading()

    def _refuse(self, status: bytes) -> None:
        self.transport.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        self.transport.close()

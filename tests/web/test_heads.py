"""One connection, byte by byte: where a request ends, what is believed of it, and how long each part may take."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from atelier.web import heads
from atelier.web.bounds import Bounds
from atelier.web.heads import Heads

CHUNKED = b"POST / HTTP/1.1\r\nHost: studio\r\nTransfer-Encoding: chunked\r\n\r\n"
PLAIN = b"GET / HTTP/1.1\r\nHost: studio\r\n\r\n"


@dataclass
class Door:
    """A server on a loopback port that answers with what it believes of each request."""

    port: int
    served: uvicorn.Server
    asked: list[Scope] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def connections(self) -> list[Any]:
        return list(self.served.server_state.connections)


@asynccontextmanager
async def door() -> AsyncIterator[Door]:
    async def answers(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        here.asked.append(scope)
        request = Request(scope, receive)
        if request.url.path == "/unread":
            await JSONResponse({})(scope, receive, send)
            return
        if request.url.path == "/held":
            while not await request.is_disconnected():
                await asyncio.sleep(0.01)
            return
        if request.url.path == "/large":
            await Response(b"x" * 20_000_000)(scope, receive, send)
            return
        try:
            body = await request.body()
        except ClientDisconnect:
            here.hung_up.set()
            return
        seen = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        await JSONResponse({"headers": seen, "body": len(body), "path": scope["path"]})(scope, receive, send)

    config = uvicorn.Config(Bounds(answers), http=Heads, ws="none", port=0, log_config=None, lifespan="off")
    here = Door(0, uvicorn.Server(config))
    serving = asyncio.create_task(here.served.serve())
    while not here.served.started:
        await asyncio.sleep(0.005)
    here.port = here.served.servers[0].sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        here.served.should_exit = here.served.force_exit = True
        await serving


async def sent(port: int, *pieces: bytes) -> bytes:
    """What comes back to these bytes until the server closes; the client then has no more to say."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 30)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def answer(port: int, *pieces: bytes) -> tuple[int, Any]:
    """The first answer on a connection that stays open: its status and what it says."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        length = int((re.search(rb"content-length: (\d+)", head) or [b"", b"0"])[1])
        body = await asyncio.wait_for(reader.readexactly(length), 30)
        return int(head.split()[1]), json.loads(body)
    finally:
        writer.close()


def statuses(out: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 ([0-9]{3})", out)]


TRAILERS = b"".join(
    b"%s: %s\r\n" % pair
    for pair in (
        (b"Authorization", b"Bearer stolen"),
        (b"Cookie", b"atelier=stolen"),
        (b"X-Forwarded-For", b"203.0.113.9"),
        (b"Host", b"evil.example"),
        (b"Sec-Fetch-Site", b"same-origin"),
        (b"Expect", b"100-continue"),
    )
)


async def test_nothing_that_comes_after_the_head_is_believed() -> None:
    async with door() as here:
        status, seen = await answer(here.port, CHUNKED, b"3\r\nabc\r\n0\r\n", TRAILERS, b"\r\n")
        assert (status, seen["body"]) == (200, 3)
        assert seen["headers"] == {"host": "studio", "transfer-encoding": "chunked"}


async def test_what_comes_with_the_head_in_one_piece_is_not_believed_either() -> None:
    async with door() as here:
        _, seen = await answer(here.port, CHUNKED + b"0\r\n" + TRAILERS + b"\r\n")
        assert seen["headers"] == {"host": "studio", "transfer-encoding": "chunked"}


async def test_a_connection_goes_on_after_trailers() -> None:
    async with door() as here:
        one = CHUNKED + b"0\r\nX-A: b\r\n\r\n"
        out = await sent(here.port, one, one, PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert statuses(out) == [200, 200, 200]


ENDLESS = {
    "many trailers": (b"0\r\n", b"X-%d: a\r\n" % 1),
    "one trailer": (b"0\r\nX-A: ", b"a" * 1000),
    "one trailer's name": (b"0\r\n", b"a" * 1000),
    "a chunk's extension": (b"5;", b"a" * 1000),
    "extensions of many chunks": (b"", b"1;" + b"a" * 500 + b"\r\nx\r\n"),
    "chunks of one byte": (b"", b"1\r\nx\r\n"),
    "a chunk's length": (b"", b"0" * 1000),
}


@pytest.mark.parametrize("kind", ENDLESS)
async def test_framing_without_end_is_cut_off(kind: str) -> None:
    begin, piece = ENDLESS[kind]
    async with door() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(CHUNKED + begin)
        many = piece * (20_000 // len(piece))
        sent = 0
        try:
            while sent < 20_000_000 and not reader.at_eof():
                writer.write(many)
                await writer.drain()
                sent += len(many)
                await asyncio.sleep(0)
            out = await asyncio.wait_for(reader.read(), 30)
        except ConnectionError:
            out = b""
        writer.close()
        assert sent < 20_000_000
        assert statuses(out) in ([], [400], [431])
        assert 200 not in statuses(out)


async def test_small_chunks_of_an_honest_body_pass() -> None:
    async with door() as here:
        pieces = (b"10\r\n" + b"x" * 16 + b"\r\n") * 40_000
        status, seen = await answer(here.port, CHUNKED, pieces, b"0\r\n\r\n")
        assert (status, seen["body"]) == (200, 640_000)


async def test_only_so_many_requests_wait_on_one_connection() -> None:
    """Those that were taken are answered, and the connection says that it ends; nothing is kept of the others."""
    async with door() as here:
        out = await sent(here.port, PLAIN * 500)
        assert statuses(out) == [200] * heads.WAITING
        assert out.count(b"connection: close") == 1
        assert len(here.asked) == heads.WAITING


async def test_a_few_requests_at_once_are_answered_in_their_order() -> None:
    async with door() as here:
        asks = b"".join(PLAIN.replace(b"GET /", b"GET /%d" % number) for number in range(3))
        out = await sent(here.port, asks + PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert re.findall(rb'"path":"([^"]+)"', out) == [b"/0", b"/1", b"/2", b"/"]


async def test_garbage_behind_a_request_does_not_disturb_its_answer() -> None:
    async with door() as here:
        out = await sent(here.port, PLAIN + b"\x01\x02 garbage\r\n\r\n")
        assert statuses(out) == [200]


@pytest.mark.parametrize("piece", [b"\r\n", b"G"])
async def test_nothing_but_a_request_keeps_a_connection(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty lines between requests are no request, and a head takes as long as the first one may."""
    monkeypatch.setattr(heads, "PATIENCE", 0.3)
    async with door() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(PLAIN)
        await reader.readuntil(b"}")

        async def keep() -> None:
            while True:
                writer.write(piece)
                await asyncio.sleep(0.05)

        keeping = asyncio.create_task(keep())
        assert statuses(await asyncio.wait_for(reader.read(), 30)) in ([], [400], [408])
        keeping.cancel()
        writer.close()


async def test_a_body_that_nobody_reads_ends_with_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "LINGER", 0.2)
    async with door() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"POST /unread HTTP/1.1\r\nHost: studio\r\nContent-Length: 1000000\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n{}")

        async def drip() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        # a connection that is closed while a byte is on its way is reset, which is an end as well
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 30) == b""
        dripping.cancel()
        writer.close()


async def test_who_does_not_take_an_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "STALL", 0.2)
    async with door() as here:
        with socket.create_connection(("127.0.0.1", here.port)) as client:
            client.sendall(PLAIN.replace(b"GET /", b"GET /large"))
            while not here.connections:
                await asyncio.sleep(0.01)
            while here.connections:
                await asyncio.sleep(0.01)


HEAD = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "no host, other headers": (b"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", 400),
    "an empty host": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "a host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "a host with a name before it": (b"GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", 400),
    "a host with a space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "1.0 needs no host": (b"GET / HTTP/1.0\r\n\r\n", 200),
    "a version that is none": (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "the same length twice": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    "a list of lengths": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc", 400),
    "chunked twice": (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "another coding below": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks in 1.0": (b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a GET with a body": (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400),
    "a GET with chunks": (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 400),
    "a tunnel": (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n", 400),
    "an IPv6 host": (b"GET / HTTP/1.1\r\nHost: [::1]:8420\r\n\r\n", 200),
    "a whole address": (b"GET http://studio/x HTTP/1.1\r\nHost: studio\r\n\r\n", 200),
    "a whole address without a path": (b"GET http://studio HTTP/1.1\r\nHost: studio\r\n\r\n", 200),
    "a whole address without a host": (b"GET http:///x HTTP/1.1\r\nHost: studio\r\n\r\n", 400),
    "another kind of address": (b"GET ftp://studio/x HTTP/1.1\r\nHost: studio\r\n\r\n", 400),
}


@pytest.mark.parametrize("kind", HEAD)
async def test_a_head_is_as_the_standard_says(kind: str) -> None:
    head, status = HEAD[kind]
    async with door() as here:
        found = (await answer(here.port, head))[0] if status == 200 else statuses(await sent(here.port, head))
        assert found in (status, [status])


async def test_a_whole_address_names_the_host() -> None:
    async with door() as here:
        _, seen = await answer(here.port, b"GET http://studio:80/x?y HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert (seen["headers"]["host"], seen["path"]) == ("studio:80", "/x")


async def test_an_upgrade_is_not_taken_and_what_follows_is_read() -> None:
    asks = PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    async with door() as here:
        out = await sent(here.port, asks + PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert statuses(out) == [200, 200]

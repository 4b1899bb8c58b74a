"""How many connections and open requests there may be: of one network, of all, and behind a proxy."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from atelier.limits.network import parse_networks
from atelier.settings import BadSettings, load
from atelier.web.connections import Connections, Crowds
from atelier.web.serving import raise_file_limit, serving


class Client:
    """A connection that is only counted."""

    def __init__(self, *, answering: bool = True) -> None:
        self.answering = answering
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_one_network_has_so_many_and_others_still_find_room() -> None:
    held = Connections(each=3)
    mine = [Client() for _ in range(3)]
    assert all(held.admit(each, "198.51.100.1") for each in mine)
    assert not held.admit(Client(), "198.51.100.1")
    assert held.admit(Client(), "198.51.100.2")
    held.release(mine[0])
    assert held.admit(Client(), "198.51.100.1")


def test_an_ipv6_network_is_one() -> None:
    held = Connections(each=1)
    assert held.admit(Client(), "2001:db8::1")
    assert not held.admit(Client(), "2001:db8::2")
    assert held.admit(Client(), "2001:db8:0:1::1")


def test_one_that_waits_for_a_request_makes_room() -> None:
    held = Connections(each=3)
    busy, old, young = Client(), Client(answering=False), Client(answering=False)
    assert all(held.admit(each, "198.51.100.1") for each in (busy, old, young))
    assert held.admit(Client(), "198.51.100.1")
    assert [each.closed for each in (busy, old, young)] == [False, True, False]
    held.release(old)  # as it does once it is closed
    assert held.admit(Client(), "198.51.100.1")
    assert not held.admit(Client(), "198.51.100.1")


def test_when_the_process_is_full_the_largest_crowd_makes_room() -> None:
    held = Connections(each=10, most=4)
    crowd = [Client(answering=False) for _ in range(3)]
    other = Client(answering=False)
    assert held.admit(other, "198.51.100.2")
    assert all(held.admit(each, "198.51.100.1") for each in crowd)
    assert held.admit(Client(), "198.51.100.3")
    assert [each.closed for each in (other, *crowd)] == [False, True, False, False]


def test_a_trusted_proxy_brings_more_than_one_network() -> None:
    held = Connections(each=1, most=3, proxies=parse_networks("10.0.0.0/8"))
    assert all(held.admit(Client(), "10.0.0.1") for _ in range(3))
    assert not held.admit(Client(), "10.0.0.1")


async def ask(app: FastAPI | Crowds, client: str) -> int:
    """The status that somebody gets behind the proxy 10.0.0.1."""
    found: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    headers = [(b"x-forwarded-for", client.encode()), (b"host", b"studio")]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "client": ("10.0.0.1", 1), "app": APP}
    await app(scope, receive, send)
    return found[0]


class _State:
    parts = type("Parts", (), {"trusted_proxies": parse_networks("10.0.0.1")})()


APP = type("App", (), {"state": _State})()


async def test_behind_a_trusted_proxy_its_clients_are_counted() -> None:
    go = asyncio.Event()

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        await go.wait()
        await PlainTextResponse("done")(scope, receive, send)

    app = Crowds(waits, each=2)
    held = [asyncio.create_task(ask(app, "198.51.100.1")) for _ in range(2)]
    other = asyncio.create_task(ask(app, "198.51.100.2"))
    while app.open != {"198.51.100.1": 2, "198.51.100.2": 1}:
        await asyncio.sleep(0)
    assert await ask(app, "198.51.100.1") == 429
    go.set()
    assert await asyncio.gather(*held, other) == [200, 200, 200]
    assert await ask(app, "198.51.100.1") == 200
    assert not app.open


@asynccontextmanager
async def serves(each: int) -> AsyncIterator[int]:
    async def holds(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"open", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.body", "body": b""})

    server = uvicorn.Server(serving(holds, each=each, port=0, lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await running


async def test_a_connection_too_many_is_told_so() -> None:
    async with serves(3) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for reader, writer in held:
            writer.write(b"GET / HTTP/1.1\r\nHost: studio\r\n\r\n")
            await reader.readuntil(b"open")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        refused = await asyncio.wait_for(reader.read(), 30)
        assert refused.startswith(b"HTTP/1.1 429 ")
        assert b"too_many_open" in refused
        assert b"retry-after: 5" in refused
        for _, each in [*held, (reader, writer)]:
            each.close()


def test_the_limit_of_open_files_is_raised_to_what_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
        assert raise_file_limit() == hard
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("number", ["7", "100001", "many"])
def test_a_bound_that_cannot_be_is_named(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_CONNECTIONS_PER_ADDRESS", number)
    with pytest.raises(BadSettings, match="ATELIER_CONNECTIONS_PER_ADDRESS must be a whole number from 8 to 100000"):
        load()

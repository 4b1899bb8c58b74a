"""Asking is bounded, goes to the address that was judged, and never into a private network unless it is named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from tests.people.oidc.fake import PROVIDER, reply

from atelier.app import create_app
from atelier.base.outgoing import LARGEST, Outgoing
from atelier.bootstrap import open_studio
from atelier.people.oidc.provider import Provider
from atelier.people.oidc.reach import Reach
from atelier.people.oidc.refusals import ProviderDown, ProviderLied
from atelier.settings import Settings

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[Provider]:
    """A server on this machine, as the provider that the settings name."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Provider("near", "Near", f"http://localhost:{port}", "c")
    finally:
        server.close()


def resolving(**addresses: list[str]) -> Callable[[str, int], Awaitable[list[str]]]:
    async def resolve(host: str, _port: int) -> list[str]:
        if host not in addresses:
            raise OSError("no such name")
        return addresses[host]

    return resolve


class Everywhere(httpx.AsyncBaseTransport):
    """Answers for each address, and remembers them."""

    def __init__(self) -> None:
        self.went: list[tuple[str, str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.went.append((request.url.host, request.headers["host"], str(request.extensions["sni_hostname"])))
        return reply({})


PRIVATE = (
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "fd00::1",
    "fe80::1",
    "::ffff:10.0.0.1",
)


async def test_no_other_host_in_a_private_network_is_asked() -> None:
    for address in PRIVATE:
        far = Everywhere()
        resolve = resolving(**{"evil.example": ["93.184.215.14", address]})
        with pytest.raises(ProviderLied) as caught:
            await Reach(Outgoing(transport=far, resolve=resolve)).ask(PROVIDER, "https://evil.example/keys")
        assert "private" in caught.value.reason
        assert far.went == []


async def test_the_host_that_the_settings_name_may_be_private() -> None:
    far = Everywhere()
    reach = Reach(Outgoing(transport=far, resolve=resolving(**{"id.example": ["10.1.2.3"]})))
    await reach.ask(PROVIDER, "https://id.example/keys")
    assert far.went == [("10.1.2.3", "id.example", "id.example")]


@pytest.mark.parametrize(("allowed", "asked"), [("", False), ("10.0.0.0/8", True)])
async def test_the_operator_says_which_other_private_hosts_are_asked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, allowed: str, asked: bool
) -> None:
    async with open_studio(settings.model_copy(update={"private_hosts": allowed})) as studio:
        reach = create_app(studio).state.elsewhere.reach
        far = Everywhere()
        monkeypatch.setattr(reach._outgoing, "_transport", far)
        monkeypatch.setattr(reach._outgoing, "_resolve", resolving(**{"keys.example": ["10.1.2.3"]}))
        if asked:
            await reach.ask(PROVIDER, "https://keys.example/keys")
        else:
            with pytest.raises(ProviderLied):
                await reach.ask(PROVIDER, "https://keys.example/keys")
        assert bool(far.went) is asked


async def test_an_address_itself_is_judged_too() -> None:
    with pytest.raises(ProviderLied):
        await Reach(Outgoing(transport=Everywhere())).ask(PROVIDER, "https://169.254.169.254/latest")


async def test_only_https_and_only_addresses() -> None:
    reach = Reach(Outgoing(transport=Everywhere(), resolve=resolving(**{"id.example": ["1.1.1.1"]})))
    for url in ("http://id.example/x", "ftp://id.example/x", "file:///etc/passwd", "https://u:p@id.example/", "x", ""):
        with pytest.raises(ProviderLied):
            await reach.ask(PROVIDER, url)


async def test_a_name_that_is_not_found_is_a_provider_that_is_down() -> None:
    with pytest.raises(ProviderDown):
        await Reach(Outgoing(transport=Everywhere(), resolve=resolving())).ask(PROVIDER, "https://id.example/")


async def test_over_a_real_connection() -> None:
    heard = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
        body = json.dumps({"a": 1})
        writer.write(f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        writer.close()

    async with listening(serve) as near:
        answer = await Reach().ask(near, f"{near.issuer}/x?y=1", headers={"authorization": "Bearer t"})
        assert (answer.status, answer.data) == (201, {"a": 1})
    assert heard[0].startswith("get /x?y=1 http/1.1\r\n")
    assert f"host: {near.issuer.removeprefix('http://')}" in heard[0]
    assert "authorization: bearer t" in heard[0]


async def test_who_drips_does_not_hold_us() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with listening(serve) as near:
        began = asyncio.get_running_loop().time()
        with pytest.raises(ProviderDown, match="Near does not answer"):
            await Reach(Outgoing(patience=0.3)).ask(near, f"{near.issuer}/x")
        assert asyncio.get_running_loop().time() - began < 1.5


async def test_who_never_ends_is_cut_off() -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while sent < LARGEST * 40:
                writer.write(b"[" * 65_536)
                sent += 65_536
                await writer.drain()
        except ConnectionError:
            pass

    async with listening(serve) as near:
        with pytest.raises(ProviderLied) as caught:
            await Reach().ask(near, f"{near.issuer}/x")
        assert "longer than" in caught.value.reason
    assert sent < LARGEST * 40


async def test_nobody_listens() -> None:
    async with listening(lambda *_: asyncio.sleep(0)) as near:
        pass
    with pytest.raises(ProviderDown):
        await Reach(Outgoing(patience=2)).ask(near, f"{near.issuer}/x")


async def test_what_is_no_http() -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n\r\n")
        writer.close()

    async with listening(serve) as near:
        with pytest.raises(ProviderDown):
            await Reach().ask(near, f"{near.issuer}/x")

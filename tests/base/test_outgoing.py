"""Other servers are asked within bounds, at the address that was judged, and never in a private network by accident."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import httpx
import pytest

from atelier.base.addresses import Allowed, is_public, parse_allowed
from atelier.base.outgoing import NoAnswer, Outgoing, Untrusted

PRIVATE = [
    *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
    *("255.255.255.255", "::1", "::", "fd00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "fd00:ec2::254"),
    *("::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "2001:0:5ef5:79fb:0:0:80ff:fffe"),
]
PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
Resolve = Callable[[str, int], Awaitable[list[str]]]


class Web(httpx.AsyncBaseTransport):
    """Answers as it was told for each path, and remembers what it was sent."""

    def __init__(self, answers: Mapping[str, httpx.Response] | None = None) -> None:
        self.answers = dict(answers or {})
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        found = self.answers.get(request.url.path, httpx.Response(200))
        return httpx.Response(found.status_code, headers=found.headers, stream=httpx.ByteStream(found.content))


def resolving(**hosts: str | list[list[str]]) -> Resolve:
    """Names and their addresses; a list of lists is what a name answers time after time."""

    async def resolve(host: str, _port: int) -> list[str]:
        found = hosts.get(host.replace(".", "_"), host)
        return [found] if isinstance(found, str) else found.pop(0)

    return resolve


def moved(to: str, status: int = 302) -> httpx.Response:
    return httpx.Response(status, headers={"location": to})


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_private_address_is_asked(address: str) -> None:
    assert not is_public(address)
    web = Web()
    outgoing = Outgoing(transport=web, resolve=resolving(evil_example=[["1.1.1.1", address]]))
    with pytest.raises(Untrusted, match="private"):
        await outgoing.ask("GET", "https://evil.example/")
    assert web.sent == []


def test_public_addresses_are_public() -> None:
    assert all(is_public(address) for address in PUBLIC)


async def test_a_name_that_changes_its_mind_leads_nowhere_else() -> None:
    web = Web()
    resolve = resolving(evil_example=[["1.1.1.1"], ["127.0.0.1"]])
    await Outgoing(transport=web, resolve=resolve).ask("GET", "https://evil.example/x")
    (sent,) = web.sent
    assert (sent.url.host, sent.headers["host"]) == ("1.1.1.1", "evil.example")
    assert sent.extensions["sni_hostname"] == "evil.example"


@pytest.mark.parametrize(
    "target",
    [
        "https://169.254.169.254/latest",
        "https://[::ffff:127.0.0.1]/",
        "https://inner.example/",
        "http://far.example/",
        "file:///etc/passwd",
        "https://a:b@far.example/",
        "//127.0.0.1/",
    ],
)
async def test_each_redirect_is_judged_anew(target: str) -> None:
    web = Web({"/": moved(target)})
    outgoing = Outgoing(transport=web, resolve=resolving(far_example="1.1.1.1", inner_example="10.0.0.9"))
    with pytest.raises(Untrusted):
        await outgoing.ask("GET", "https://far.example/", redirects=3)
    assert len(web.sent) == 1


async def test_redirects_are_bounded_and_followed_only_when_wished() -> None:
    web = Web({"/": moved("/"), "/a": moved("/b"), "/b": httpx.Response(200, content=b"there")})
    outgoing = Outgoing(transport=web, resolve=resolving(far_example="1.1.1.1"))
    assert (await outgoing.ask("GET", "https://far.example/")).status == 302
    reply = await outgoing.ask("GET", "https://far.example/a", redirects=1)
    assert (reply.body, reply.url) == (b"there", "https://far.example/b")
    web.sent.clear()
    with pytest.raises(Untrusted, match="more than 3"):
        await outgoing.ask("GET", "https://far.example/", redirects=3)
    assert len(web.sent) == 4


async def test_secrets_and_bodies_stay_with_the_server_that_they_are_for() -> None:
    web = Web({"/": moved("https://other.example/x"), "/post": moved("https://other.example/x", 307)})
    outgoing = Outgoing(transport=web, resolve=resolving(far_example="1.1.1.1", other_example="1.0.0.1"))
    secrets = {"Authorization": "Bearer s", "Cookie": "a=b", "X-Kind": "plain"}
    await outgoing.ask("GET", "https://far.example/", headers=secrets, redirects=1)
    first, second = web.sent
    assert (first.headers["authorization"], first.headers["cookie"]) == ("Bearer s", "a=b")
    assert "authorization" not in second.headers
    assert "cookie" not in second.headers
    assert second.headers["x-kind"] == "plain"
    with pytest.raises(Untrusted, match="another server"):
        await outgoing.ask("POST", "https://far.example/post", json={"a": 1}, redirects=1)


async def test_size_and_time_are_bounded_and_nothing_may_be_compressed() -> None:
    resolve = resolving(far_example="1.1.1.1")
    long = Web({"/": httpx.Response(200, content=b"x" * 101)})
    with pytest.raises(Untrusted, match="longer than 100 bytes"):
        await Outgoing(transport=long, resolve=resolve, largest=100).ask("GET", "https://far.example/")

    packed = Web({"/": httpx.Response(200, headers={"content-encoding": "br"})})
    with pytest.raises(Untrusted, match="compressed"):
        await Outgoing(transport=packed, resolve=resolve).ask("GET", "https://far.example/")

    async def never(_host: str, _port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(NoAnswer, match="longer than"):
        await Outgoing(resolve=never, patience=0.05).ask("GET", "https://far.example/")


async def test_what_the_operator_allows_may_be_private_and_plain() -> None:
    web = Web()
    allowed = parse_allowed("gpu.lan, 10.0.0.0/8")
    resolve = resolving(gpu_lan="192.168.1.9", ten_example="10.1.2.3", other_lan="192.168.1.9", far_example="1.1.1.1")
    outgoing = Outgoing(allowed=allowed, transport=web, resolve=resolve)
    for url in (
        "http://gpu.lan/",
        "https://gpu.lan/",
        "http://ten.example/",
        "http://10.9.9.9/",
        "https://far.example/",
    ):
        assert (await outgoing.ask("GET", url)).status == 200
    for url in ("http://other.lan/", "https://other.lan/", "http://far.example/", "http://127.0.0.1/"):
        with pytest.raises(Untrusted):
            await outgoing.ask("GET", url)
    assert allowed == Allowed(frozenset({"gpu.lan"}), ("10.0.0.0/8",))
    for wrong in ("http://gpu.lan", "10.0.0.1/8", "gpu.lan:80", "*"):
        with pytest.raises(ValueError, match="names"):
            parse_allowed(wrong)


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        outgoing = Outgoing(allowed=Allowed(frozenset({"near.example"})), resolve=resolving(near_example="127.0.0.1"))
        with pytest.raises(NoAnswer):
            await outgoing.ask("GET", "http://near.example:1/")  # nobody listens there
    assert asked == []

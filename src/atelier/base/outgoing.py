"""Requests to other servers: bounded in time, size and redirects, and never led into a private network.

A host's addresses are looked up first, and the connection goes to the very address that was judged, with the host's
name in TLS and in the Host header. A name that changes its mind in between (DNS rebinding) leads nowhere else.
Proxies that the environment names are not used: one of them would look names up by itself.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import certifi
import httpx

from atelier import __version__
from atelier.base.addresses import Allowed, Resolve, is_public, look_up

LARGEST = 256 * 1024  # bytes of an answer
PATIENCE = 8.0  # seconds for one question, its redirects included
TRIED = 3  # addresses of one host
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SECRETS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})  # for the first origin alone
_LIMITS = httpx.Limits(max_keepalive_connections=0)  # a kept connection would not know for which host it was proved


class NoAnswer(Exception):
    """Nothing answers there in time; trying again may help."""


class Untrusted(Exception):
    """The address may not be asked, or what came back breaks a bound; trying again does not help."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, and from which address after all redirects."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A file in a multipart form: its name, where it lies and its type."""

    name: str
    path: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long one question may take, in seconds, its redirects included, and how many bytes the answer may have.

    `stall`: seconds that may pass without a byte; as long as the whole where nothing is said.
    """

    patience: float = PATIENCE
    largest: int = LARGEST
    stall: float | None = None


class Outgoing:
    """Asks other servers. `transport` and `resolve` can be others than the network's."""

    def __init__(
        self,
        *,
        allowed: Allowed = Allowed(),
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve = look_up,
        patience: float = PATIENCE,
        largest: int = LARGEST,
    ) -> None:
        self._allowed = allowed
        self._transport = transport
        self._resolve = resolve
        self._bounds = Bounds(patience, largest)
        self._tls: ssl.SSLContext | None = None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: object = None,
        files: Mapping[str, Sequence[Sent]] | None = None,
        into: Path | None = None,
        append: int = 0,
        bounds: Bounds | None = None,
        redirects: int = 0,
        private: Collection[str] = (),
        plain: bool = False,
    ) -> Reply:
        """Ask once and read the whole answer, following up to `redirects`; without any, a redirect is the answer.

        `files` go with `form` as a multipart body. With `into`, the body of a 2xx answer is written to that file, after
        `append` bytes that are there already if the answer is the rest (206). `Reply.body` is empty then, and the
        beginning of a refusal's words otherwise. `private` hosts may have a private address as well as those that the
        operator allowed; `plain` lets http be asked, as it may be of those. Raises `NoAnswer` and `Untrusted`.
        """
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        bounds = bounds or self._bounds
        question = _Question(method, httpx.URL(url), sent, form, json, files or {}, into, append, bounds)
        try:
            async with asyncio.timeout(bounds.patience):
                return await self._follow(question, redirects, private, plain)
        except TimeoutError:
            raise NoAnswer(f"it took longer than {bounds.patience:g} s") from None
        except httpx.InvalidURL:
            raise Untrusted("it is no address") from None
        except httpx.HTTPError as error:
            raise NoAnswer(str(error) or type(error).__name__) from None

    async def _follow(self, question: _Question, redirects: int, private: Collection[str], plain: bool) -> Reply:
        for left in range(redirects, -1, -1):
            reply = await self._once(question, private, plain)
            if reply.status not in REDIRECTS or not redirects:
                return reply
            if not left:
                break
            question = _led_on(question, reply)
        raise Untrusted(f"it leads on more than {redirects} times")

    async def _once(self, question: _Question, private: Collection[str], plain: bool) -> Reply:
        url, host = question.url, question.url.raw_host.decode("ascii")
        if url.scheme not in ("https", "http") or not host or url.userinfo:
            raise Untrusted("this is no address that is asked")
        found = await self._addresses(host, url.port or (443 if url.scheme == "https" else 80))
        named = host in private or self._allowed.host(host)
        inside = [address for address in found if not is_public(address)]
        if not named and not all(self._allowed.address(address) for address in inside):
            raise Untrusted("this is in a private network, and not a host that the settings name")
        by_http = plain or self._allowed.host(host) or all(self._allowed.address(address) for address in found)
        if url.scheme == "http" and not by_http:
            raise Untrusted("this is no https address")
        last: Exception = NoAnswer("it has no address")
        for address in found[:TRIED]:
            try:
                return await self._ask_at(address, host, question)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                last = error
        raise last

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            return await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NoAnswer(f"the host is not found: {error}") from None

    async def _ask_at(self, address: str, host: str, question: _Question) -> Reply:
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=self._transport,
                    verify=self._context(),
                    trust_env=False,
                    limits=_LIMITS,
                    timeout=question.bounds.stall or question.bounds.patience,
                )
            )
            request = client.build_request(
                question.method,
                question.url.copy_with(host=address),
                data=question.form,
                json=question.json,
                files=[
                    (field, (each.name, stack.enter_context(each.path.open("rb")), each.content_type))
                    for field, sent in question.files.items()
                    for each in sent
                ]
                or None,
                headers={
                    "accept": "application/json",
                    "user-agent": f"Atelier/{__version__}",
                    **question.headers,
                    "host": question.url.netloc.decode("ascii"),
                    "accept-encoding": "identity",  # a small answer cannot swell
                },
                extensions={"sni_hostname": host},
            )
            response = await client.send(request, stream=True, follow_redirects=False)
            stack.push_async_callback(response.aclose)
            if question.into is not None and response.is_success:
                await _download(response, question)
                body = b""
            elif question.into is not None:
                body = await _beginning(response, LARGEST)  # the words of a refusal; the rest is nobody's business
            else:
                body = await _body(response, question.bounds.largest)
            return Reply(response.status_code, response.headers, body, str(question.url))

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.load_verify_locations(certifi.where())  # also where the system has no certificates of its own
        return self._tls


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, and of whom."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str]  # names in lower case
    form: Mapping[str, str] | None
    json: object
    files: Mapping[str, Sequence[Sent]]
    into: Path | None
    append: int
    bounds: Bounds


def _led_on(question: _Question, reply: Reply) -> _Question:
    """The question that a redirect leads to (RFC 9110, section 15.4); raises `Untrusted` where it may not."""
    url = question.url.join(reply.headers.get("location", ""))
    if question.url.scheme == "https" and url.scheme != "https":
        raise Untrusted("it leads from https to something else")
    headers = dict(question.headers)
    same = (url.scheme, url.raw_host, url.port) == (question.url.scheme, question.url.raw_host, question.url.port)
    if not same:
        headers = {name: value for name, value in headers.items() if name not in SECRETS}
    if reply.status in (307, 308) or question.method in ("GET", "HEAD"):
        if not same and (question.form is not None or question.json is not None or question.files):
            raise Untrusted("it leads what was sent on to another server")
        return replace(question, url=url, headers=headers)
    return _Question("GET", url, headers, None, None, {}, question.into, question.append, question.bounds)


async def _chunks(response: httpx.Response, largest: int) -> AsyncIterator[bytes]:
    """The body piece by piece, as long as it keeps to its bounds."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Untrusted("the answer is compressed, though asked not to be")
    length = 0
    async for chunk in response.aiter_raw():
        length += len(chunk)
        if length > largest:
            raise Untrusted(f"the answer is longer than {largest} bytes")
        yield chunk


async def _body(response: httpx.Response, largest: int) -> bytes:
    return b"".join([chunk async for chunk in _chunks(response, largest)])


async def _beginning(response: httpx.Response, most: int) -> bytes:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= most:
            break
    return body[:most]


async def _download(response: httpx.Response, question: _Question) -> None:
    assert question.into is not None
    goes_on = response.status_code == 206
    with question.into.open("ab" if goes_on else "wb") as file:
        async for chunk in _chunks(response, question.bounds.largest - (question.append if goes_on else 0)):
            await asyncio.to_thread(file.write, chunk)

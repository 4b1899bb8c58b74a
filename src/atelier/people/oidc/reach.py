"""Asking a provider something: bounded in time and size, never redirected, never led into a private network.

The host's addresses are looked up first, and the connection goes to the very address that was judged, so that a name
that changes its mind (DNS rebinding) leads nowhere else.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import certifi
import httpx

from atelier import __version__
from atelier.people.oidc.provider import Provider
from atelier.people.oidc.refusals import ProviderDown, ProviderLied

LARGEST = 256 * 1024  # bytes of an answer
PATIENCE = 8.0  # seconds for one question
_LIMITS = httpx.Limits(max_keepalive_connections=0)  # a kept connection would not know for which host it was proved

Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status and the JSON."""

    status: int
    data: Any


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system finds them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Reach:
    """Asks providers for JSON. `transport` and `resolve` can be others than the network's."""

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve = look_up,
        patience: float = PATIENCE,
    ) -> None:
        self._transport = transport
        self._resolve = resolve
        self._patience = patience
        self._tls: ssl.SSLContext | None = None

    async def ask(
        self,
        provider: Provider,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """GET `url`, or POST `form` to it; only the host that the settings name may have a private address.

        Raises `ProviderDown` and `ProviderLied`.
        """
        try:
            async with asyncio.timeout(self._patience):
                return await self._ask(httpx.URL(url), provider, form, headers or {})
        except TimeoutError:
            raise ProviderDown(provider, f"{url} took longer than {self._patience:g} s") from None
        except _Bad as error:
            raise ProviderLied(provider, f"{url}: {error}") from None
        except (_Silent, httpx.HTTPError) as error:
            raise ProviderDown(provider, f"{url}: {error or type(error).__name__}") from None
        except httpx.InvalidURL:
            raise ProviderLied(provider, f"{url!r} is no address") from None

    async def _ask(
        self, url: httpx.URL, provider: Provider, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Answer:
        plain = provider.issuer.startswith("http://")  # only ever this machine
        if url.scheme not in ("https", *(("http",) if plain else ())) or not url.host or url.userinfo:
            raise _Bad("this is no address that is asked")
        last: Exception = _Silent("it has no address")
        for address in (await self._addresses(url, provider.host))[:3]:
            try:
                return await self._ask_at(address, url, form, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                last = error
        raise last

    async def _addresses(self, url: httpx.URL, own: str) -> list[str]:
        try:
            found = await self._resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        except (OSError, UnicodeError) as error:
            raise _Silent(f"the host is not found: {error}") from None
        if url.host != own and not all(ip_address(address).is_global for address in found):
            raise _Bad("this is in a private network, and not the host that the settings name")
        return found

    async def _ask_at(
        self, address: str, url: httpx.URL, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Answer:
        async with httpx.AsyncClient(
            transport=self._transport, verify=self._context(), trust_env=False, limits=_LIMITS, timeout=self._patience
        ) as client:
            request = client.build_request(
                "GET" if form is None else "POST",
                url.copy_with(host=address),
                data=form,
                headers={
                    "host": url.netloc.decode(),
                    "accept": "application/json",
                    "accept-encoding": "identity",  # a small answer cannot swell
                    "user-agent": f"Atelier/{__version__}",
                    **headers,
                },
                extensions={"sni_hostname": url.host},
            )
            response = await client.send(request, stream=True)
            try:
                return Answer(response.status_code, _json(await _body(response)))
            finally:
                await response.aclose()

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.load_verify_locations(certifi.where())  # also where the system has no certificates of its own
        return self._tls


class _Silent(Exception):
    """No answer."""


class _Bad(Exception):
    """An answer that is none."""


async def _body(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise _Bad("the answer is compressed, though asked not to be")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LARGEST:
            raise _Bad(f"the answer is longer than {LARGEST} bytes")
    return bytes(body)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _Bad("the answer is not JSON") from None

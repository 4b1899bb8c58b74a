"""Which addresses other servers may have: the open internet, and what the operator allowed besides."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from atelier.base.text import listed

_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")

Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be asked besides public addresses by https: `hosts` by name and `networks` by address.

    Those may be private, and asked by plain http.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[str, ...] = ()

    def host(self, name: str) -> bool:
        return name.lower().removesuffix(".") in self.hosts

    def address(self, address: str) -> bool:
        found = ip_address(address)
        nets = [ip_network(each) for each in self.networks]
        return any(found.version == net.version and found in net for net in nets)


def parse_allowed(written: str) -> Allowed:
    """Host names, addresses and networks with commas (`gpu.lan, 10.0.0.0/8`).

    Raises `ValueError` with a sentence for the first that is none of these.
    """
    hosts, networks = set(), []
    for part in listed(written.lower()):
        try:
            networks.append(str(ip_network(part.strip("[]"))))
        except ValueError:
            if any(sign in part for sign in "/:*@ ") or not part.isascii():
                raise ValueError(
                    f"names {part}, which is no host name, address or network: write gpu.lan or 10.0.0.0/8"
                ) from None
            hosts.add(part.removesuffix("."))
    return Allowed(frozenset(hosts), tuple(networks))


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system finds them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet, also where an IPv4 address stands inside an IPv6 one."""
    if "%" in address:  # a zone: it has a meaning on this machine alone
        return False
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return found.is_global and not found.is_multicast
    if found in _COMPATIBLE or found.is_multicast or found.is_site_local or not found.is_global:
        mapped = found.ipv4_mapped
        return mapped is not None and is_public(str(mapped))
    return all(is_public(str(inner)) for inner in _inside(found))


def _inside(found: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses to which a gateway would pass on what is sent there (RFC 3056, 4380 and 6052)."""
    inner = [found.sixtofour, *(found.teredo or ())]
    if found in _NAT64:
        inner.append(IPv4Address(int(found) & 0xFFFFFFFF))
    return [each for each in inner if each is not None]

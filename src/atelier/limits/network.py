"""Where somebody comes from, as limits count it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from atelier.base.text import listed

Networks = tuple[IPv4Network | IPv6Network, ...]
IPV6_PREFIX = 64  # what one household or host has: whoever owns one address of it owns them all


@lru_cache(4096)
def network(address: str) -> str:
    """The network that one party behind `address` owns: the address itself, or an IPv6 address's first 64 bits."""
    found = plain(address)
    if ":" in found:
        return str(ip_network(f"{found}/{IPV6_PREFIX}", strict=False))
    return found


def plain(address: str) -> str:
    """The address without port, brackets, zone or IPv4-in-IPv6; what is no address stays, shortened."""
    text = address.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return "".join(sign for sign in address if sign.isprintable())[:60]
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(found)


def parse_networks(written: str) -> Networks:
    """Addresses and networks with commas (`10.0.0.1, 172.16.0.0/12, fd00::/8`).

    Raises `ValueError` with a sentence for the first that is neither.
    """
    found: list[IPv4Network | IPv6Network] = []
    for part in listed(written):
        try:
            named = ip_network(part, strict=False)
        except ValueError:
            raise ValueError(f"names {part}, which is neither an IP address nor a network like 172.16.0.0/12") from None
        if "/" in part and named.network_address != ip_address(part.partition("/")[0]):
            raise ValueError(f"names {part}, which is an address inside a network; the network itself is {named}")
        found.append(named)
    return tuple(found)


@lru_cache(4096)
def within(address: str, networks: Networks) -> bool:
    """Whether a plain address is in one of the networks; what is no address is in none."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found.version == each.version and found in each for each in networks)

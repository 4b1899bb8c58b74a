"""Where somebody comes from, as limits count it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

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

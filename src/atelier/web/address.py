"""The address from which a request comes, as limits and the trail count it."""

from __future__ import annotations

from fastapi import Request

from atelier.limits.network import network, plain, within
from atelier.web.parts import parts


def address(request: Request) -> str:
    """The caller's address: the connection's, or what a trusted proxy says of it.

    A proxy adds the address that it saw at the end, in the header's last line; what stands before may be invented.
    """
    peer = plain(request.client.host) if request.client else "unknown"
    trusted = parts(request).trusted_proxies
    if not within(peer, trusted):
        return peer
    lines = request.headers.getlist("x-forwarded-for")
    hops = [plain(hop) for line in lines for hop in line.split(",") if hop.strip()]
    return next((hop for hop in reversed(hops) if not within(hop, trusted)), peer)


def counted(request: Request) -> str:
    """By what limits count somebody who is signed out: the network that is theirs."""
    return f"address {network(address(request))}"

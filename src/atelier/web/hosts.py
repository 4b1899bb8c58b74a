"""The host names under which the studio answers.

A page of another site can have its own name lead to this machine (DNS rebinding). The browser then takes both for one
site; the Host header still names the other, so a request with an unknown name is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from atelier.base.errors import AtelierError
from atelier.base.text import listed


class UnknownHost(AtelierError):
    """The request names a host under which the studio does not answer."""

    code = "unknown_host"
    status = 421

    def __init__(self, origin: str) -> None:
        super().__init__(
            "The studio does not answer under this host name. Open it at the address that its operator gave you; the"
            " operator can allow this name with ATELIER_HOSTS.",
            address=origin,
        )


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HEALTH = "/health/"  # probes ask by whatever name they know
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class Hosts:
    """`names` without port; one that begins with a dot allows every name that ends with it."""

    names: frozenset[str]
    addresses: bool = False  # whether any IP address is allowed as well

    def allow(self, host: str) -> bool:
        """Whether the studio answers to the value of a Host header."""
        name = bare(host)
        if name in self.names or any(each.startswith(".") and name.endswith(each) for each in self.names):
            return True
        return self.addresses and _is_address(name)


def allowed_hosts(written: str, origin: str, *, production: bool, machine: str) -> Hosts:
    """The hosts that the settings allow: those `written`, else loopback names; and always the host of `origin`.

    In development, where none are written, also `machine` (this machine's name) and every IP address, so that other
    devices on the same network can open the studio. No other site owns an address, so this opens nothing to rebinding.
    """
    named = parse_hosts(written)
    own = bare(urlsplit(origin).netloc)
    if named or production:
        return Hosts((named or LOOPBACK) | {own})
    short = bare(machine).partition(".")[0]
    return Hosts(LOOPBACK | {own} | ({bare(machine), short, f"{short}.local"} if short else set()), addresses=True)


def parse_hosts(written: str) -> frozenset[str]:
    """Host names and IP addresses with commas; `*.example.org` stands for all names below example.org.

    Raises `ValueError` with a sentence for the first that is neither.
    """
    found = set()
    for part in listed(written.lower()):
        name = part.removeprefix("*.").removeprefix("[").removesuffix("]")
        if not _is_address(name) and not _NAME.fullmatch(name.removesuffix(".")):
            raise ValueError(
                f"names {part}, which is not a host name: write studio.example.org, without scheme or port"
            )
        found.add("." + bare(name) if part.startswith("*.") else bare(name))
    return frozenset(found)


def bare(host: str) -> str:
    """A host in lower case without port, brackets and the dot at its end."""
    text = host.strip().lower()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return str(ip_address(text)) if _is_address(text) else text.removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

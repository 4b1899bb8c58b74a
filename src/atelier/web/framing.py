"""Rules of HTTP/1.1's frame (RFC 9112): what a head must and must not say, and how much may stand around a body."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.types import Scope

Header = tuple[bytes, bytes]
HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(:[0-9]*)?")
ABSOLUTE = re.compile(rb"https?://([^/?#]*)([^#]*)", re.IGNORECASE)
NO_BODY = frozenset({"GET", "HEAD"})


class Unframed(Exception):
    """What comes is no request that we read to its end; `status` is the answer to it."""

    def __init__(self, status: bytes) -> None:
        super().__init__(status.decode())
        self.status = status


class Framing:
    """Counts what stands around a body: chunk lengths, chunk extensions and trailers.

    There may be `largest` bytes of it without a byte of the body between, and in all `largest` bytes and half of the
    body's, so that neither endless extensions nor chunks of one byte go on for long.
    """

    def __init__(self, largest: int) -> None:
        self.trailers = False
        self._largest = largest
        self._frame = 0  # bytes that were none of the body
        self._since = 0  # those since the body's last byte
        self._body = 0
        self._new = 0  # the body's bytes in the piece that is being parsed

    def body(self, size: int) -> None:
        """Note some bytes of the body."""
        self._new += size

    def count(self, size: int) -> None:
        """Count a whole piece that was parsed; `Unframed` if too little of it all was the body."""
        frame = size - self._new
        self._since = self._since + frame if self._new == 0 else 0
        self._frame += frame
        self._body += self._new
        self._new = 0
        if self._since > self._largest or self._frame > self._largest + self._body // 2:
            raise Unframed(b"431 Request Header Fields Too Large" if self.trailers else b"400 Bad Request")


def origin_form(target: bytes, headers: list[Header]) -> bytes:
    """The path and query of a request's target. A whole address (absolute-form) also names the host, whatever `Host`
    says (RFC 9112, 3.2.2)."""
    if target.startswith(b"/"):
        return target
    found = ABSOLUTE.fullmatch(target.partition(b"#")[0])
    if found is None:
        raise Unframed(b"400 Bad Request")
    authority, rest = found.groups()
    hosts = [place for place, (name, _) in enumerate(headers) if name == b"host"]
    if len(hosts) == 1:  # a head with none or two is refused as every other
        headers[hosts[0]] = (b"host", authority)
    return rest if rest.startswith(b"/") else b"/" + rest


def misframed(scope: Scope) -> tuple[int, str, str] | None:
    """Why a head is refused, as a status, a code and a sentence; None for a good one."""
    headers: Iterable[Header] = scope.get("headers", ())
    version = scope.get("http_version", "1.0")
    if version not in ("1.0", "1.1"):
        return 505, "bad_version", f"This server speaks HTTP/1.1, not HTTP/{version}."
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1:
        return 400, "bad_request", "This request has two Host headers."
    if not hosts and version == "1.1":
        return 400, "bad_request", "This request has no Host header; HTTP/1.1 needs one."
    if hosts and not HOST.fullmatch(hosts[0].strip()):
        return 400, "bad_request", "The Host header of this request is not a host with an optional port."
    codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    lengths = [value for name, value in headers if name == b"content-length"]
    if codings and (codings != [b"chunked"] or version == "1.0" or lengths):
        return (
            400,
            "bad_request",
            "This server takes a body with a Content-Length, or in HTTP/1.1 with Transfer-Encoding: chunked.",
        )
    if scope.get("method") in NO_BODY and (codings or any(value.strip(b"0 ") for value in lengths)):
        return 400, "bad_request", f"A {scope['method']} request has no body here."
    return None

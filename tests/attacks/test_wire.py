"""Requests that no browser sends: two lengths, two hosts, heads without end. One answer each, never a second one."""

from __future__ import annotations

import re
import socket
import time

import pytest
from tests.attacks.conftest import Live

from atelier.web import heads

SMUGGLED = b"GET /console HTTP/1.1\r\nHost: x\r\n\r\n"
HEADS = {
    "two lengths": b"Content-Length: 6\r\nContent-Length: 0\r\n\r\nabcdef",
    "a length and chunks": b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks that are none": b"Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\nabc",
    "a length below zero": b"Content-Length: -1\r\n\r\n",
    "a length with a sign": b"Content-Length: +5\r\n\r\nabcde",
    "a name with a space": b"X-A : b\r\n\r\n",
    "a folded line": b"X-A: b\r\n folded\r\n\r\n",
    "a bare line feed": b"X-A: b\nX-B: c\n\n",
    "two hosts": b"Host: evil.example\r\nContent-Length: 0\r\n\r\n",
}


def sent(live: Live, data: bytes) -> bytes:
    """What comes back until the server ends the connection, as it does after whatever is no proper request."""
    out = b""
    with socket.create_connection(("127.0.0.1", live.port)) as connection:
        connection.settimeout(30)
        try:
            connection.sendall(data)
            while piece := connection.recv(65536):
                out += piece
        except ConnectionError:
            pass
    return out


def statuses(out: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 ([0-9]{3})", out)


def test_what_two_servers_would_read_differently_is_refused(live: Live) -> None:
    begin = f"POST /sign-out HTTP/1.1\r\nHost: 127.0.0.1:{live.port}\r\n".encode()
    found = {name: statuses(sent(live, begin + head)) for name, head in HEADS.items()}
    assert found == {name: [b"400"] for name in HEADS}


def test_a_large_head_is_refused(live: Live) -> None:
    begin = f"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:{live.port}\r\n".encode()
    assert statuses(sent(live, begin + b"X-A: " + b"a" * 40_000 + b"\r\n\r\n")) == [b"431"]
    many = b"".join(b"X-%d: a\r\n" % number for number in range(5000))
    assert statuses(sent(live, begin + many + b"\r\n")) == [b"431"]


def test_a_head_without_end_is_cut_off(live: Live) -> None:
    with socket.create_connection(("127.0.0.1", live.port)) as connection:
        connection.settimeout(60)
        connection.sendall(b"GET / HTTP/1.1\r\nX-A: ")
        with pytest.raises(ConnectionError):  # cut off long before
            connection.sendall(b"a" * 128_000_000)


def test_a_head_that_drips_is_given_up(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "PATIENCE", 0.5)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", live.port)) as connection:
        connection.settimeout(60)
        connection.sendall(b"GET / HTTP/1.1\r\nX-A: ")
        assert statuses(connection.recv(4096)) == [b"408"]
        assert connection.recv(4096) == b""
    with socket.create_connection(("127.0.0.1", live.port)) as connection:  # one that never says a word
        connection.settimeout(60)
        assert statuses(connection.recv(4096)) == [b"408"]
    assert time.monotonic() - began < 60

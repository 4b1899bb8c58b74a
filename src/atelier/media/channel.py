"""How a process and the child that opens files for it talk: JSON over a socket, and open files beside it.

Each request is a length of eight bytes, sent with the files' descriptors, and so much JSON; each answer is the same
without descriptors. A child that has a statement to sign sends `{"sign"}` before its answer, once, and
gets `{"signature"}`: its parent keeps the key.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

LENGTH = 8  # bytes that say how long a message is
LONGEST_ANSWER = 2_000_000  # bytes
MOST_FILES = 20
Answer = dict[str, Any]


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[BinaryIO]] | None:
    """The next request with its files, or None at the end."""
    begin, handles, _, _ = socket.recv_fds(channel, LENGTH, MOST_FILES)
    if len(begin) < LENGTH:
        return None
    files: list[BinaryIO] = [os.fdopen(handle, "r+b") for handle in handles]
    return json.loads(read(channel, int.from_bytes(begin, "big"))), files


def answer(channel: socket.socket) -> Answer:
    """What comes back for a request; raises `EOFError`, `OSError` or `ValueError` where nothing sound does."""
    size = int.from_bytes(read(channel, LENGTH), "big")
    if size > LONGEST_ANSWER:
        raise ValueError("an answer is too long")
    found: Answer = json.loads(read(channel, size))
    return found


def send(channel: socket.socket, message: Mapping[str, Any], files: Sequence[BinaryIO] = ()) -> None:
    """Send a message, and open files with it."""
    body = json.dumps(dict(message)).encode()
    socket.send_fds(channel, [len(body).to_bytes(LENGTH, "big")], [file.fileno() for file in files])
    channel.sendall(body)


def read(channel: socket.socket, size: int) -> bytes:
    """Exactly so many bytes; raises `EOFError` where the other end is gone."""
    found = bytearray()
    while len(found) < size:
        piece = channel.recv(min(size - len(found), 65_536))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)

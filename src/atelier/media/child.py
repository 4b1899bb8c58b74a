"""The child process that opens files from outside: little memory, no secrets, and gone as soon as its parent is.

It is given open files and never a path.
"""

from __future__ import annotations

import base64
import ctypes
import errno
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, BinaryIO

from atelier.media.channel import Answer, answer, receive, send
from atelier.media.refusals import PictureBomb, Refused

PR_SET_PDEATHSIG = 1  # prctl(2)
NICE = 5  # pages come first
CPU_SECONDS = 120  # for one file; a photograph of 50 million pixels takes 5 to 50
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> None:
    channel, parent, memory = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
    _die_with(parent)
    _restrict(memory)
    while (request := receive(channel)) is not None:
        _allow_seconds(CPU_SECONDS)
        head, files = request
        given = head["given"] | {"signature": partial(_signature, channel)}
        found = _answer(head | {"given": given}, files)
        send(channel, found)
        if found.get("end"):
            return


def _answer(head: dict[str, Any], files: Sequence[BinaryIO]) -> Answer:
    try:
        done = _verb(head["verb"])(files, head["given"])
        for file in files:
            file.close()
        return {"done": done}
    except Refused as refused:
        return {"refused": refused.code, "message": refused.message}
    except MemoryError:
        # what is left of its memory may be in pieces, so another child does the next file
        return {"refused": PictureBomb.code, "message": "", "end": True}
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            return {"full": error.errno, "end": True}
        traceback.print_exc()
        return {"broke": traceback.format_exc(limit=-3)[-2000:], "end": True}


def _signature(channel: socket.socket, data: bytes) -> bytes:
    """The parent's signature of `data`."""
    send(channel, {"sign": base64.b64encode(data).decode()})
    return base64.b64decode(answer(channel)["signature"])


def _verb(name: str) -> Callable[[Sequence[BinaryIO], dict[str, Any]], Answer]:
    from atelier.media import verbs  # after the limits are set

    return verbs.VERBS[name]


def _restrict(memory: int) -> None:
    """No more memory than that, no core file, and a lower priority; a system without one of these goes without it."""
    os.nice(NICE)
    for limit, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(limit, (most, most))
        except (ValueError, OSError):  # macOS knows no bound of address space
            continue


def _allow_seconds(seconds: int) -> None:
    """From here on so much processor time and no more: a busy machine makes nobody's file fail."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, resource.RLIM_INFINITY))


def _die_with(parent: int) -> None:
    """Ask Linux to end this process with its parent; elsewhere the end of the channel does, between two files."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)


if __name__ == "__main__":
    main()

"""Has files opened by child processes: a few at a time, one of each member at a time, and none in this process."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from atelier.media.channel import Answer, answer, send
from atelier.media.refusals import REASONS, PictureBomb

PLACES = 2  # files that are open at a time
MEMORY = 1_500_000_000  # bytes of address space for each child; a picture of 50 million pixels needs 1.2 GB
LONGEST = 300.0  # seconds for one file by the clock; the child itself counts its processor time
IDLE = 60.0  # seconds after which a child without work ends
BOMB_FAULT = "This file needs more memory or time to open than a file may have. Nothing was added."
# the only variables that a child sees: it needs no secret
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


class Broke(Exception):
    """A child failed at a file in a way that is a bug of ours; the message has its traceback."""


@dataclass(eq=False, slots=True)
class _Call:
    owner: Hashable
    message: Mapping[str, Any]
    sign: Callable[[bytes], bytes] | None
    files: Sequence[BinaryIO]  # of our own, so that the caller may close its ones at any time
    answer: Future[Answer] = field(default_factory=Future)


class Pool:
    """Child processes that open files, started when they are first needed and ended when there is nothing to do.

    `run` may be called in any event loop.
    """

    def __init__(
        self, places: int = PLACES, *, memory: int = MEMORY, longest: float = LONGEST, idle: float = IDLE
    ) -> None:
        self._places, self._memory, self._longest, self._idle = places, memory, longest, idle
        self._changed = threading.Condition()
        self._waiting: deque[_Call] = deque()
        self._busy: set[Hashable] = set()  # whose file is open now
        self._threads = self._resting = 0
        self._children: set[_Child] = set()

    @property
    def pids(self) -> list[int]:
        """The children's process ids."""
        return [child.pid for child in list(self._children)]

    async def run(
        self,
        owner: Hashable,
        verb: str,
        files: Sequence[BinaryIO],
        given: Mapping[str, Any] | None = None,
        *,
        sign: Callable[[bytes], bytes] | None = None,
    ) -> Answer:
        """What `verbs` answers for these files, which are read and written from their beginning.

        Waits for a place; an owner has one at a time, however much it asks for. `sign` makes the one
        signature that the child may ask for. Raises `Refused`, or `OSError` when there was no room to write.
        """
        for file in files:
            file.flush()
            file.seek(0)
        call = _Call(
            owner,
            {"verb": verb, "given": dict(given or {})},
            sign,
            [os.fdopen(os.dup(file.fileno()), "r+b", buffering=0) for file in files],
        )
        with self._changed:
            self._waiting.append(call)
            ready = {waiting.owner for waiting in self._waiting} - self._busy
            if self._resting < len(ready) and self._threads < self._places:
                self._threads += 1
                threading.Thread(target=self._work, name="media", daemon=True).start()
            self._changed.notify_all()
        found = await asyncio.wrap_future(call.answer)
        for file in files:
            file.seek(0)
        return found

    def close(self) -> None:
        """End the children; what they are doing is lost."""
        for child in list(self._children):
            child.kill()

    def _work(self) -> None:
        child: _Child | None = None
        while (call := self._next()) is not None:
            try:
                if call.answer.set_running_or_notify_cancel():
                    child = self._answered(call, child)
            finally:
                for file in call.files:
                    file.close()
                with self._changed:
                    self._busy.discard(call.owner)
                    self._changed.notify_all()
        self._drop(child)

    def _next(self) -> _Call | None:
        """The first that waits and whose owner has no file open; None after a while without one."""
        with self._changed:
            while True:
                for call in self._waiting:
                    if call.owner not in self._busy:
                        self._waiting.remove(call)
                        self._busy.add(call.owner)
                        return call
                self._resting += 1
                woken = self._changed.wait(self._idle)
                self._resting -= 1
                if not woken:
                    self._threads -= 1
                    return None

    def _answered(self, call: _Call, child: _Child | None) -> _Child | None:
        """Have a child do a call; the child, where it can do more."""
        try:
            if child is None or not child.alive:
                self._drop(child)
                child = _Child(self._memory)
                self._children.add(child)
            found = child.ask(call, self._longest)
        except (OSError, EOFError, ValueError):  # it died at this file, or would not come to an end
            found = {"refused": PictureBomb.code, "message": "", "end": True}
        except BaseException as error:
            call.answer.set_exception(error)
            self._drop(child)
            return None
        if found.get("end"):
            self._drop(child)
            child = None
        _settle(call.answer, found)
        return child

    def _drop(self, child: _Child | None) -> None:
        if child is not None:
            self._children.discard(child)
            child.kill()


class _Child:
    """One child process and the channel to it."""

    def __init__(self, memory: int) -> None:
        self._channel, theirs = socket.socketpair()
        with theirs:
            arguments = (str(theirs.fileno()), str(os.getpid()), str(memory))
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", "-m", "atelier.media.child", *arguments],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C goes to its parent, which decides
            )
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, call: _Call, seconds: float) -> Answer:
        self._channel.settimeout(seconds)
        send(self._channel, call.message, call.files)
        found = answer(self._channel)
        if "sign" in found:
            if call.sign is None:
                raise ValueError("a child asks for a signature that nobody gave it")
            signature = call.sign(base64.b64decode(found["sign"]))
            send(self._channel, {"signature": base64.b64encode(signature).decode()})
            found = answer(self._channel)
        return found

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # and the program that it may be waiting for
        self._process.wait()
        self._channel.close()


def _settle(future: Future[Answer], found: Answer) -> None:
    if "done" in found:
        future.set_result(found["done"])
    elif "refused" in found:
        future.set_exception(REASONS[found["refused"]](found["message"] or BOMB_FAULT))
    elif "full" in found:
        future.set_exception(OSError(found["full"], os.strerror(found["full"])))
    else:
        future.set_exception(Broke(str(found.get("broke"))))


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    if paths := os.environ.get("PYTHONPATH"):
        kept["PYTHONPATH"] = os.pathsep.join(os.path.abspath(path) for path in paths.split(os.pathsep))
    return kept | {"MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}


POOL = Pool()  # of this process

"""The child process of one engine: reads work, writes what is made, and ends when its worker is gone."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, BinaryIO, cast

from atelier.engines import wire
from atelier.engines.engine import Crashed, EngineError, LocalEngine, Made

PR_SET_PDEATHSIG = 1


class Inbox:
    """What the worker sends, read by a thread of its own, so that a `stop` arrives while the engine works."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._works: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None] = queue.SimpleQueue()
        self._stopped = -1
        threading.Thread(target=self._read, daemon=True).start()

    def works(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Each piece of work, until the worker closes its end."""
        return iter(self._works.get, None)

    def stopped(self, number: int) -> bool:
        """Whether nobody wants that work any more."""
        return self._stopped >= number

    def _read(self) -> None:
        while line := self._source.readline():
            head = json.loads(line)
            if head["kind"] == "stop":
                self._stopped = head["number"]
            else:
                self._works.put((head, self._source.read(head["size"])))
        self._works.put(None)


def main() -> None:
    target, parent = sys.argv[1], int(sys.argv[2])
    _die_with(parent)
    inbox, sink = Inbox(sys.stdin.buffer), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with what we send
    module, _, name = target.partition(":")
    engine: LocalEngine = getattr(importlib.import_module(module), name)()
    for head, blob in inbox.works():
        _work(engine, head, blob, inbox, sink)


def _work(engine: LocalEngine, head: dict[str, Any], blob: bytes, inbox: Inbox, sink: BinaryIO) -> None:
    number = head["number"]
    try:
        with closing(cast("Generator[Made]", engine.make(wire.unpack_work(head, blob)))) as making:
            for made in making:
                if inbox.stopped(number):
                    break
                sink.write(wire.pack_made(made))
                sink.flush()
        sink.write(wire.pack_done(number))
    except EngineError as error:
        sink.write(wire.pack_error(error))
    except Exception:
        traceback.print_exc()
        sink.write(wire.pack_error(Crashed("The engine broke at this work.")))
    sink.flush()


def _die_with(parent: int) -> None:
    """Ask Linux to end this process with its worker; elsewhere the end of standard input does, between two works."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)


if __name__ == "__main__":
    main()

"""The child process of one engine: reads work, writes what is made, and ends when its worker is gone."""

from __future__ import annotations

import ctypes
import importlib
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, BinaryIO, Protocol, cast, runtime_checkable

from atelier.engines import wire
from atelier.engines.engine import Crashed, EngineError, Failed, LocalEngine, Made, OutOfMemory
from atelier.engines.memory import ran_out

PR_SET_PDEATHSIG = 1
NO_ROOM = "The GPU's memory is too small for this, also with less of the model in it at a time. Ask for a smaller size."


@runtime_checkable
class Reports(Protocol):
    """A local engine that can say what it takes, after a work."""

    def report(self) -> dict[str, Any]: ...


class Inbox:
    """What the worker sends, read by a thread of its own, so that a `stop` arrives while the engine works."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._works: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._stopped = -1
        threading.Thread(target=self._read, daemon=True).start()

    def works(self) -> Iterator[dict[str, Any]]:
        """Each piece of work, until the worker closes its end."""
        return iter(self._works.get, None)

    def stopped(self, number: int) -> bool:
        """Whether nobody wants that work any more."""
        return self._stopped >= number

    def _read(self) -> None:
        while len(prefix := self._source.read(wire.SIZES.size)) == wire.SIZES.size:
            size, blob = wire.sizes(prefix)
            head = wire.unpack(self._source.read(size))
            self._source.read(blob)
            if head["kind"] == "stop":
                self._stopped = head["number"]
            else:
                self._works.put(head)
        self._works.put(None)


def main() -> None:
    target, parent = sys.argv[1], int(sys.argv[2])
    _die_with(parent)
    inbox, sink = Inbox(sys.stdin.buffer), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with what we send
    module, _, name = target.partition(":")
    engine: LocalEngine = getattr(importlib.import_module(module), name)()
    for head in inbox.works():
        _work(engine, head, inbox, sink)


def _work(engine: LocalEngine, head: dict[str, Any], inbox: Inbox, sink: BinaryIO) -> None:
    number = head["number"]
    try:
        with closing(cast("Generator[Made]", engine.make(wire.unpack_work(head)))) as making:
            for made in making:
                if inbox.stopped(number):
                    break
                sink.write(wire.pack_made(made))
                sink.flush()
        if isinstance(engine, Reports):
            sink.write(wire.pack_report(engine.report()))
        sink.write(wire.pack_done(number))
    except EngineError as error:
        sink.write(wire.pack_error(error))
    except (OSError, MemoryError) as error:  # a full disk or memory may have room again
        traceback.print_exc()
        sink.write(wire.pack_error(Crashed(f"The engine stopped: {type(error).__name__}.")))
    except Exception as error:
        traceback.print_exc()
        failed = Failed(f"The engine failed at this: {type(error).__name__}.")
        sink.write(wire.pack_error(OutOfMemory(NO_ROOM) if ran_out(error) else failed))
    sink.flush()


def _die_with(parent: int) -> None:
    """Ask Linux to end this process with its worker; elsewhere the end of standard input does, between two works."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)


if __name__ == "__main__":
    main()

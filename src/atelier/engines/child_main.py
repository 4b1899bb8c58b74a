"""The child process of one engine: reads work, writes what is made, and ends when its worker is gone."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import traceback
from typing import BinaryIO

from atelier.engines import wire
from atelier.engines.engine import Crashed, EngineError, LocalEngine

PR_SET_PDEATHSIG = 1


def main() -> None:
    target, parent = sys.argv[1], int(sys.argv[2])
    _die_with(parent)
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with what we send
    module, _, name = target.partition(":")
    engine: LocalEngine = getattr(importlib.import_module(module), name)()
    while line := source.readline():
        head = json.loads(line)
        _work(engine, head, source.read(head["size"]), sink)


def _work(engine: LocalEngine, head: dict[str, object], blob: bytes, sink: BinaryIO) -> None:
    try:
        for made in engine.make(wire.unpack_work(head, blob)):
            sink.write(wire.pack_made(made))
            sink.flush()
        sink.write(wire.DONE)
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

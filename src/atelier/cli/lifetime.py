"""When a process ends: with the one that started it, and in good order when it is asked to."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from typing import NoReturn

PR_SET_PDEATHSIG = 1  # prctl(2)


def leave_when_asked() -> None:
    """Let SIGTERM and SIGINT unwind this process, so that everything it holds is closed."""
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, _leave)


def _leave(_number: int, _frame: object) -> NoReturn:
    sys.exit(0)


def follow(parent: int) -> None:
    """Ask this process to stop (SIGTERM) as soon as `parent`, which started it, is gone, however it went; 0: nobody."""
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    """Where the kernel doesn't tell, and for a parent that died before we could ask it to."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)

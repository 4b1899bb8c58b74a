"""The supervisor's child processes: started with a log of their own, restarted when they die, stopped in good order."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

LOG_ROOM = 10_000_000  # bytes a log may have before it begins anew; one old one is kept
STEADY = 60.0  # seconds of life after which a death counts as the first again
LONGEST = 30.0  # seconds between two tries at most
# one pool of memory for all threads, and what is free goes back: five percent less after work (glibc; others ignore it)
MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}


class Child:
    """One child process, `atelier ARGS`, that stops with us even if we are killed."""

    def __init__(self, name: str, args: Sequence[str], *, log: Path | None, sockets: Sequence[int] = ()) -> None:
        self.name = name
        self._args = args
        self._log = log
        self._sockets = sockets
        self._process: subprocess.Popen[bytes] | None = None
        self._born = self._again_at = 0.0
        self._log_begins = 0
        self._deaths = 0

    def start(self) -> None:
        self._born, self._again_at = time.monotonic(), 0.0
        out = self._open_log()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "atelier", *self._args, "--parent", str(os.getpid())],
                env=MEMORY | os.environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=self._sockets,
                start_new_session=True,  # Ctrl-C comes to us alone, and we decide who stops when
            )
        finally:
            if out is not None:
                os.close(out)

    def died(self) -> str | None:
        """How it ended, in words, or None while it lives or has been spoken of already."""
        if self._process is None or (code := self._process.poll()) is None or self._again_at:
            return None
        self._deaths = 0 if time.monotonic() - self._born > STEADY else self._deaths + 1
        self._again_at = time.monotonic() + min(LONGEST, 0.5 * 2 ** min(self._deaths, 10) if self._deaths > 1 else 0.0)
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"

    @property
    def due(self) -> bool:
        """Whether it died and the wait before the next try is over."""
        return 0 < self._again_at <= time.monotonic()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def last_words(self) -> str:
        """The sentence that it left in its log when it gave up."""
        if self._log is None:
            return ""
        try:
            with self._log.open("rb") as log:
                log.seek(self._log_begins)
                return spoken(log.read())
        except OSError:
            return ""

    def trim_log(self) -> None:
        """Begin the log anew when it has grown long. It is open for appending, so the child writes on at the front."""
        if self._log is not None and self._log.exists() and self._log.stat().st_size > LOG_ROOM:
            old = self._log.with_suffix(".old.log")
            old.touch(0o600)
            shutil.copyfile(self._log, old)
            os.truncate(self._log, 0)

    def _open_log(self) -> int | None:
        if self._log is None:
            return None
        self._log.parent.mkdir(parents=True, exist_ok=True)
        out = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._log_begins = os.fstat(out).st_size
        return out


def spoken(output: bytes) -> str:
    """The last thing that a command of ours said to a person, among what else it wrote."""
    lines = output.decode(errors="replace").splitlines()
    said = [number for number, line in enumerate(lines) if line.startswith("atelier: ")]
    return "\n".join(lines[said[-1] :]).removeprefix("atelier: ") if said else ""

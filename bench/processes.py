"""Processes that a bench starts: each in a session of its own, stopped or killed as a whole and by its id alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Started:
    """A running command with everything that it started itself."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._log = log

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL to the command and its children, as when its machine dies."""
        self._signal(signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that isn't heeded."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def await_port(self, port: int, seconds: float = 30) -> None:
        """Wait until the command listens on `port`."""
        end = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
                return
            except OSError:
                if not self.running or time.monotonic() > end:
                    raise RuntimeError(f"{self._log.read_text()[-2000:]}\nIt did not listen on {port}.") from None
                time.sleep(0.05)

    def await_words(self, words: str, seconds: float = 30) -> None:
        """Wait until the command has written `words` into its log, after what was there before it began."""
        end = time.monotonic() + seconds
        while words not in self._log.read_text(errors="replace"):
            if not self.running or time.monotonic() > end:
                raise RuntimeError(f"{self._log.read_text()[-2000:]}\nIt never said {words!r}.")
            time.sleep(0.05)

    def _signal(self, number: signal.Signals) -> None:
        if self.running:
            os.killpg(self.pid, number)


def python(module: str, *args: str) -> list[str]:
    """The command that runs a module with this Python."""
    return [sys.executable, "-m", module, *args]


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port

"""One `atelier open` in a process of its own, and everything that belongs to it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import psutil


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(look: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until `look` says yes."""
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, f"not within {seconds:.0f} s"
        time.sleep(0.05)


class Opened:
    """A studio that somebody opened in a terminal."""

    def __init__(self, environment: dict[str, str], said: Path) -> None:
        self.home = Path(environment["ATELIER_HOME"])
        self.url = f"http://127.0.0.1:{environment['ATELIER_PORT']}"
        self._said = said
        self.began = time.monotonic()
        with said.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "atelier", "open"],
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self._said.read_text()

    def wait_until_open(self) -> float:
        """Seconds until it said that it is open."""

        def open_or_dead() -> bool:
            assert self.process.poll() is None, self.said
            return "Atelier is open at" in self.said

        until(open_or_dead, 60)
        return time.monotonic() - self.began

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=30).status_code == 200
        except httpx.HTTPError:
            return False

    def child(self, command: str) -> int:
        """The id of our `serve` or `work`, or 0."""
        for process in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):
                if command in process.cmdline():
                    return process.pid
        return 0

    def postmaster(self) -> int:
        """The database's process id, or 0 where none lives."""
        try:
            pid = int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
            alive = psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, IndexError, psutil.Error):
            return 0
        return pid if alive else 0

    def left_over(self) -> list[str]:
        """Command lines of all living processes that work for this data folder."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("ATELIER_HOME") == str(self.home) and process.pid != os.getpid()
                if process.status() != psutil.STATUS_ZOMBIE and (mine or process.cwd() == str(self.home / "postgres")):
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    def ask(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl-C does; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def link(self) -> str:
        found = re.search(r"http\S+/welcome/operator\?key=\S+", self.said)
        return found.group() if found else ""

    def kill(self) -> None:
        """End whatever is left of it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        until(lambda: not self.left_over() or self._kill_left_over(), 20)

    def _kill_left_over(self) -> bool:
        if time.monotonic() - self.began > 3 and (pid := self.postmaster()):
            os.kill(pid, signal.SIGQUIT)
        return False

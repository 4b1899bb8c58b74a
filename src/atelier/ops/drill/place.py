"""A studio for the drill alone: its own folder, database, port and processes. The operator's is never touched."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil

from atelier.assets import Assets
from atelier.base import migrate
from atelier.base.crypto import new_token
from atelier.base.db import Database, connect
from atelier.base.postgres import EmbeddedPostgres

DATABASE = "atelier_drill"
FAREWELL = 15.0  # seconds that processes get to stop in good order
ENGINE = "atelier.engines.child_main"


class Place:
    """The drill's studio. It plays the supervisor: what it kills, it starts again."""

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="atelier-drill-")
        os.chmod(folder, 0o755)  # noqa: S103 - as root the database runs as a user of its own
        self.home = Path(folder)
        self.secret = new_token(48)
        self.postgres = EmbeddedPostgres(self.home / "postgres")
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self.listening.getsockname()[1]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.owner_url = ""

    def open(self) -> None:
        """Start the database and bring it to this release's shape."""
        self.owner_url = migrate.create_database(self.postgres.open(), DATABASE)
        migrate.upgrade(self.owner_url, self.secret)

    def close(self) -> None:
        """Stop everything and take the folder away."""
        self.stop()
        self.listening.close()
        self.postgres.close()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def superuser_url(self) -> str:
        return self.postgres.url(DATABASE)

    @property
    def assets(self) -> Assets:
        return Assets.open(self.home / "files", self.secret)

    def start(self, name: str) -> None:
        """Start `web`, or a worker of any other name, with a log of its own."""
        args = ["serve", "--socket", str(self.listening.fileno())] if name == "web" else ["work", "--concurrency", "2"]
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "atelier", *args, "--parent", str(os.getpid())],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self.listening.fileno()] if name == "web" else [],
                start_new_session=True,
            )

    def await_web(self, patience: float = 180.0) -> None:
        """Wait until the web process answers; the listening socket makes early callers wait."""
        with urllib.request.urlopen(f"{self.origin}/health/live", timeout=patience):  # noqa: S310 - our own address
            return

    def kill(self, name: str) -> None:
        """Kill a process so that it can do nothing about it."""
        process = self.processes[name]
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait()

    def engines(self) -> list[psutil.Process]:
        """The children in which workers compute."""
        found = []
        for process in self.processes.values():
            with suppress(psutil.Error):
                found += [child for child in psutil.Process(process.pid).children() if ENGINE in child.cmdline()]
        return found

    def kill_database(self) -> None:
        """Kill the database server, with all that it had in memory."""
        pid = int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stop web and workers in good order."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.terminate()
        end = time.monotonic() + FAREWELL
        for process in self.processes.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def left(self, patience: float = 60.0) -> int:
        """How many processes of this place still live, after a moment in which they may end."""
        end = time.monotonic() + patience
        while (left := sum(map(self._ours, psutil.process_iter()))) and time.monotonic() < end:
            time.sleep(0.1)
        return left

    def _ours(self, process: psutil.Process) -> bool:
        try:
            mine = process.environ().get("ATELIER_HOME") == str(self.home)
            return mine and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def environment(self) -> dict[str, str]:
        """Settings that win over those of the operator's own studio and its `.env`."""
        own = {
            "ATELIER_ENV": "development",
            "ATELIER_HOME": str(self.home),
            "ATELIER_SECRET": self.secret,
            "ATELIER_DATABASE_URL": self.owner_url,
            "ATELIER_STORE_URL": (self.home / "files").as_uri(),
            "ATELIER_CATALOG": str(self.home / "catalog.toml"),
            "ATELIER_URL": self.origin,
            "ATELIER_PORT": str(self.port),
            "ATELIER_LOG_LEVEL": "WARNING",
            "ATELIER_EXTRAS": "none",  # what is tried is the studio, not how fast a model is read
        }
        return {name: value for name, value in os.environ.items() if not name.startswith("ATELIER_")} | own

    def connect(self) -> tuple[Database, Database]:
        """The web role's and the operator role's connections; close them."""
        return connect(self.owner_url, "web", self.secret), connect(self.owner_url, "operator", self.secret)

"""Opens the studio's processes, watches over them, and closes everything that it opened."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import time
from contextlib import ExitStack, suppress
from types import FrameType

from atelier.base.errors import AtelierError
from atelier.base.postgres import DatabaseBroken, EmbeddedPostgres
from atelier.cli.children import Child
from atelier.cli.listening import CannotListen, is_leaving, listen
from atelier.cli.preparing import DidNotOpen, Preparing
from atelier.cli.room import check_room, lock_folder
from atelier.cli.terminal import BOLD, DIM, complain, say
from atelier.settings import Settings

PATIENCE = 60.0  # seconds that the studio may take to become ready
FAREWELL = 20.0  # seconds that children get to stop by themselves
LEAVING = 3 * FAREWELL  # seconds that a web process whose supervisor was killed may still hold the port
TICK = 0.2


class _Asked(Exception):
    """Ctrl-C or SIGTERM came while the studio was opening."""


class Supervisor:
    """One studio's processes on this machine: the embedded database, a web process and a worker."""

    def __init__(self, settings: Settings, *, logs_here: bool = False) -> None:
        self._settings = settings
        self._asked = 0
        self._opened = ExitStack()
        self._postgres: EmbeddedPostgres | None = None
        self._database_due = 0.0
        self._database_tries = 0
        self._logs = None if logs_here else settings.home / "log"
        self._children: list[Child] = []

    def run(self) -> int:
        """Open, watch until somebody asks to stop, close; the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup means what it says
                signal.signal(number, self._ask)
        try:
            self._open()
            self._watch()
        except _Asked:
            pass
        except (AtelierError, OSError):
            if not self._asked:
                raise
        finally:
            self._close()
        return 0

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked += 1

    def _wait(self, seconds: float = TICK) -> None:
        if self._asked:
            raise _Asked
        time.sleep(seconds)

    def _open(self) -> None:
        settings = self._settings
        lock_folder(settings, self._opened)
        listening = self._listen()
        if not settings.database_url.get_secret_value():
            check_room(settings.home)
            say("Opening the database …", DIM)
            self._postgres = EmbeddedPostgres(settings.home / "postgres")
            self._opened.callback(self._postgres.close)
            self._postgres.open()
        say("Looking after its shape …", DIM)
        with Preparing(self._wait) as preparing:
            shape = preparing.next_line()
            if shape["before"] != shape["now"]:
                say("The database has this release's shape.", DIM)
            self._start(listening)
            link = preparing.next_line()["link"]
            self._wait_until_ready(listening)
        say(f"Atelier is open at {_address(settings)}", BOLD)
        if link:
            say(f"Its first operator opens this link, once and within 24 hours: {link}")
        say("Ctrl-C closes it." + (f" Logs are in {self._logs}." if self._logs else ""), DIM)

    def _start(self, listening: socket.socket) -> None:
        say("Starting web and worker …", DIM)
        web, log = ["serve", "--socket", str(listening.fileno())], self._logs
        self._children = [
            Child("web process", web, log=log and log / "web.log", sockets=[listening.fileno()]),
            Child("worker", ["work"], log=log and log / "worker.log"),
        ]
        for child in self._children:
            child.start()

    def _listen(self) -> socket.socket:
        """The listening socket; a studio that was killed a moment ago may still hold its port, and is waited for."""
        patient, end = time.monotonic() + 2, time.monotonic() + LEAVING
        while time.monotonic() < patient or (time.monotonic() < end and is_leaving(self._settings.port)):
            with suppress(CannotListen):
                return self._opened.enter_context(listen(self._settings))
            self._wait()
        return self._opened.enter_context(listen(self._settings))  # free, if the other ended in this very moment

    def _wait_until_ready(self, listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
        end = time.monotonic() + PATIENCE
        while not _ready(host, port):
            for child in self._children:
                if how := child.died():
                    words = child.last_words() or (f"Its log says more: {self._logs}" if self._logs else "See above.")
                    raise DidNotOpen(f"The studio did not open: the {child.name} {how}. {words}")
            if time.monotonic() > end:
                raise DidNotOpen(f"The studio did not become ready within {PATIENCE:.0f} s. Its logs: {self._logs}")
            self._wait(0.05)

    def _watch(self) -> None:
        """Keep everything running until somebody asks to stop."""
        ticks = 0
        while True:
            self._wait()
            self._watch_database()
            for child in self._children:
                if how := child.died():
                    complain(f"The {child.name} {how}. It is started again; jobs and credits are safe.")
                if child.due:
                    child.start()
            ticks += 1
            if ticks % 3000 == 0:
                for child in self._children:
                    with suppress(OSError):
                        child.trim_log()

    def _watch_database(self) -> None:
        if self._postgres is None or self._postgres.running():
            return
        if not self._database_due:
            complain("The database stopped. It is started again; nothing that was saved is lost.")
        if time.monotonic() < self._database_due:
            return
        try:
            self._postgres.open()
        except DatabaseBroken as error:
            self._database_tries += 1
            if self._database_tries in (3, 30):
                complain(error.message)
            self._database_due = time.monotonic() + min(10.0, 0.5 * self._database_tries)
        else:
            say("The database is back.", DIM)
            self._database_due, self._database_tries = 0.0, 0

    def _close(self) -> None:
        """Stop what we started, children first. A second Ctrl-C makes short work of it."""
        if any(child.alive for child in self._children):
            say("Closing …", DIM)
        asked, end = self._asked, time.monotonic() + FAREWELL
        for child in self._children:
            child.signal(signal.SIGTERM)
        while any(child.alive for child in self._children):
            if self._asked > asked or time.monotonic() > end:
                for child in self._children:
                    child.signal(signal.SIGKILL)
            time.sleep(0.05)
        self._opened.close()
        if self._asked:
            say("Atelier is closed.")


def _ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=0.5)
    try:
        connection.request("GET", "/health/ready")
        said = json.loads(connection.getresponse().read())
        return said.get("database") is True  # a full store keeps nobody from opening: members can make room there
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


def _address(settings: Settings) -> str:
    return settings.origin if settings.url else settings.origin.replace("//0.0.0.0:", "//127.0.0.1:")

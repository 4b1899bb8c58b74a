"""The embedded PostgreSQL: started under the data folder by whoever comes first, stopped by whoever leaves last."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

from atelier.base import cluster
from atelier.base.cluster import Postmaster, ServerFailed
from atelier.base.errors import Unavailable
from atelier.base.programs import VERSION, run_program


class DatabaseBroken(Unavailable):
    """The embedded database cannot be opened; the message says why and what mends it."""

    code = "database_broken"


class EmbeddedPostgres:
    """A PostgreSQL under `folder`, shared by every process that holds it open.

    Each holds a shared lock on a file beside the data, which the kernel drops even when a process is killed; the one
    that can make the lock its own on leaving is the last, and stops the server. A second file is locked for longer, and
    a guard waits for that one: it stops the server when nobody was left to do so.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._users: IO[str] | None = None
        self._guard: IO[str] | None = None
        self._guarded = False

    def open(self) -> str:
        """Start the server unless it runs, and return the URL of its superuser's default database.

        May be called again when the server has died meanwhile.
        """
        self._prepare()
        held = self._users is not None
        try:
            if not held:
                self._guard, self._users = self._lock("guard"), self._lock("users")
            with self._starting():
                self._start()
            return self.url()
        except (ServerFailed, OSError, subprocess.SubprocessError) as error:
            if not held:
                self.close()
            raise DatabaseBroken(self._diagnose(error)) from error
        except BaseException:
            if not held:
                self.close()
            raise

    def close(self) -> None:
        """Let go of the server; the last one stops it."""
        try:
            if self._users is not None and _is_last(self._users):
                self.stop()
        finally:
            for held in (self._users, self._guard):
                if held is not None:
                    held.close()
            self._users = self._guard = None
            self._guarded = False

    def stop(self) -> None:
        """Stop the server, whoever uses it."""
        cluster.stop(self.folder)

    def discard(self) -> None:
        """Stop what works in the folder, finished or not, so that the folder can be removed."""
        self.stop()
        for each in (self.folder, cluster.unfinished(self.folder)):
            cluster.end_all_in(each)

    def running(self) -> bool:
        """Whether the server runs."""
        return self._postmaster() is not None

    def url(self, database: str = "postgres") -> str:
        """The URL of a database of the running server, for its superuser, through its socket."""
        found = self._postmaster()
        if found is None or found.sockets is None:
            raise DatabaseBroken("The embedded database does not run.")
        return f"postgresql://postgres@/{database}?host={quote(str(found.sockets))}"

    def run(self, program: str, *args: str) -> str:
        """Run one of PostgreSQL's own programs to its end and return what it printed."""
        return run_program(program, *args)

    def _postmaster(self) -> Postmaster | None:
        found = Postmaster.read(self.folder)
        return found if found is not None and found.lives else None

    def _start(self) -> None:
        """Have a server that is ready; one that another process left starting or stopping is waited for."""
        end = time.monotonic() + cluster.START_SECONDS
        while (found := self._postmaster()) is not None and found.status != "ready":
            if time.monotonic() > end:
                raise ServerFailed(
                    f"the server that ran before (process {found.pid}) is still {found.status or 'there'}"
                )
            time.sleep(0.02)
        if found is None:
            self._forget_the_dead()
            if not (self.folder / "PG_VERSION").exists():
                cluster.make(self.folder)
            cluster.tune(self.folder)
            if not self._guarded:
                self._have_it_guarded()  # first, so that a kill at any moment leaves no server without one
            cluster.start(self.folder)

    def _have_it_guarded(self) -> None:
        """Start the guard as nobody's child, with nothing of ours in its environment."""
        guard = [sys.executable, "-m", "atelier.base.guard", str(self.folder)]
        subprocess.run(  # noqa: S603 - our own program
            ["/bin/sh", "-c", '"$@" </dev/null >/dev/null 2>&1 &', "sh", *guard],
            check=True,
            env={"PATH": os.defpath},
            cwd="/",
            start_new_session=True,
        )
        self._guarded = True

    def _forget_the_dead(self) -> None:
        """Remove what a dead server left: PostgreSQL may take its number, now another program's, for itself alive.

        Its orphans go first: they must not meet a second server.
        """
        left = Postmaster.read(self.folder)
        if left is None:
            return
        cluster.end_all_in(self.folder)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        for sockets in filter(None, (self.folder, left.sockets)):
            (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        cluster.forget_sockets(left)

    def _lock(self, name: str) -> IO[str]:
        """A shared lock on a file beside the data; waits for whoever stops the server just now."""
        held = self._beside(name).open("a")
        fcntl.flock(held, fcntl.LOCK_SH)
        return held

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """Only one process at a time makes or starts the server; the others find it ready."""
        with self._beside("start").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _beside(self, name: str) -> Path:
        return self.folder.with_name(f"{self.folder.name}.{name}")

    def _prepare(self) -> None:
        home = self.folder.parent
        if len(os.fsencode(self.folder)) > cluster.LONGEST_PATH:
            raise DatabaseBroken(
                f"The path of the data folder is {len(os.fsencode(home))} bytes long, and PostgreSQL takes"
                f" {cluster.LONGEST_PATH - 9} at most: name a shorter one with ATELIER_HOME."
            )
        try:
            home.mkdir(parents=True, exist_ok=True)
            version = self.folder / "PG_VERSION"
            found = int(version.read_text()) if version.exists() else None
        except PermissionError as error:
            raise DatabaseBroken(
                f"The data folder {home} belongs to somebody else: start the studio as its owner,"
                " or name another folder with ATELIER_HOME."
            ) from error
        except (OSError, ValueError) as error:
            raise DatabaseBroken(f"The data folder {home} cannot be used: {error}.") from error
        if found is not None and found != VERSION:
            raise DatabaseBroken(
                f"The data folder was made by PostgreSQL {found} and this studio brings {VERSION}: restore a backup"
                " into a new folder, or start the release that made it. Nothing was changed."
            )

    def _diagnose(self, error: Exception) -> str:
        said = str(error)
        if "No space left" in said:
            return "The disk is full, so the database cannot start. Free some room and start again; nothing was lost."
        if isinstance(error, ServerFailed):
            said = cluster.reason(said)
        return f"The embedded database did not start: {said or type(error).__name__} (its log: {self.folder / 'log'})"


def _is_last(users: IO[str]) -> bool:
    try:
        # let go first: of two who leave at once and still hold theirs, neither could be the last
        fcntl.flock(users, fcntl.LOCK_UN)
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

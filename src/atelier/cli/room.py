"""The data folder before anything is opened in it: one studio at a time, and room on its disk."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import ExitStack
from pathlib import Path

from atelier.base import unfinished
from atelier.base.errors import AtelierError
from atelier.base.whole import forget_unfinished
from atelier.settings import BadHome, Settings, home_trouble

FRESH = 160_000_000  # bytes that a new database and its first files need
AGAIN = 48_000_000  # bytes without which a database cannot work on


class AlreadyOpen(AtelierError):
    """Another process has the studio open from this data folder."""

    code = "already_open"
    status = 409


def lock_folder(settings: Settings, opened: ExitStack) -> None:
    """Hold the data folder for as long as `opened` is open; `AlreadyOpen` says where the studio is open already."""
    path = settings.home / "studio.lock"
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        opened.callback(os.close, lock)
    except OSError as error:
        raise BadHome(home_trouble(settings.home, error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        where, _, process = os.read(lock, 1000).decode().strip().partition(" ")
        raise AlreadyOpen(
            f"The studio in {settings.home} is open already{f' at {where} (process {process})' if process else ''}."
            " Close it with Ctrl-C there first."
        ) from None
    unfinished.refuse(settings.home)  # a restore may have begun since the settings were read
    for name in ("secret", "catalog.toml"):
        forget_unfinished(settings.home / name)
    try:
        os.truncate(lock, 0)
        os.write(lock, f"{settings.origin} {os.getpid()}".encode())
    except OSError as error:
        raise BadHome(home_trouble(settings.home, error)) from error


def check_room(home: Path) -> None:
    """Refuse to begin on a disk that is about to be full: a database that stops for want of room helps nobody."""
    need = AGAIN if (home / "postgres" / "PG_VERSION").exists() else FRESH
    there = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < need:
        raise BadHome(
            f"The disk that holds {home} is full: {free / 1e6:.0f} MB are free and the studio needs {need / 1e6:.0f}."
            " Free some room and start again; nothing was lost."
        )

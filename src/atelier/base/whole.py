"""Files that are there whole or not at all, also after a kill or a power cut."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PARTIAL = ".partial"  # how the name of an unfinished file ends


@contextmanager
def partial_file(path: Path, *, mode: int = 0o666) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file beside `path`, named after it, which is locked while we write it and removed at the end.

    The lock tells it from one that a killed process left behind.
    """
    partial = path.with_name(f"{_begin(path)}{secrets.token_hex(4)}{PARTIAL}")
    with open(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode), "w+b") as out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX)
            yield partial, out
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def writing_whole(path: Path, *, mode: int = 0o666, overwrite: bool = True) -> Iterator[IO[bytes]]:
    """A file to write into, which appears under its name, on the disk, when the block ends without an error.

    Without `overwrite`, `FileExistsError` at the end if there is a file of that name by then; that one stays.
    """
    with partial_file(path, mode=mode) as (partial, out):
        yield out
        out.flush()
        os.fsync(out.fileno())
        if overwrite:
            partial.replace(path)
        else:
            os.link(partial, path)
        to_disk(path.parent)


def write_whole(path: Path, content: bytes, *, mode: int = 0o666, overwrite: bool = True) -> None:
    """Write a whole file at once; see `writing_whole`."""
    with writing_whole(path, mode=mode, overwrite=overwrite) as out:
        out.write(content)


def forget_unfinished(path: Path, *siblings: str) -> list[Path]:
    """Remove what attempts to write that file left behind when they were killed, and say which files those were.

    `siblings`: how the names of other files beside it begin whose remains go as well.
    """
    begins = (_begin(path), *(f".{name}" for name in siblings))
    left = path.parent.iterdir() if path.parent.is_dir() else ()
    return sorted(
        each for each in left if each.name.startswith(begins) and each.name.endswith(PARTIAL) and _forget(each)
    )


def left_behind(folder: Path) -> list[Path]:
    """The unfinished files in a folder whose writers were killed."""
    return sorted(each for each in folder.glob(f".*{PARTIAL}") if not is_locked(each))


def is_locked(path: Path) -> bool:
    """Whether a process still writes that file; `False` also if it is gone by now."""
    with suppress(FileNotFoundError), path.open("rb") as found:
        try:
            fcntl.flock(found, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def to_disk(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _forget(partial: Path) -> bool:
    with suppress(OSError), partial.open("rb") as left:
        fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while its writer lives
        partial.unlink()
        return True
    return False


def _begin(path: Path) -> str:
    """How the names of that file's unfinished ones begin; short enough for the longest name that a disk takes."""
    return f".{os.fsdecode(os.fsencode(path.name)[:200])}."

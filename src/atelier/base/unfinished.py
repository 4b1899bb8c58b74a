"""The mark of a restore that is not finished: nothing opens a data folder or a database that carries it.

It is written before anything else, and removed after everything else. The folder's mark is a file that its restore
keeps locked, so that a killed one is told from one that still runs. The database's mark is a setting of the database,
so that a studio on another machine, with a data folder of its own, sees it as well.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote

from atelier.base.errors import AtelierError
from atelier.base.whole import forget_unfinished, is_locked, partial_file, to_disk

NAME = "unfinished-restore.json"


class Unfinished(AtelierError):
    """A restore did not come to its end here; the message says how to finish it and how to undo it."""

    code = "unfinished_restore"
    status = 503


@dataclass(frozen=True, slots=True)
class Mark:
    """What a restore was called with, and what was in the data folder before it."""

    archive: str
    into: bool
    before: tuple[str, ...]
    erased: tuple[str, ...] = ()  # members who are to be erased again
    store: str = ""  # where files go, if that is not the data folder; it was empty
    database: bool = False  # whether the database is the operator's own; it was empty
    process: int = 0


def read(home: Path) -> Mark | None:
    """The folder's mark, if there is one."""
    try:
        written = json.loads((home / NAME).read_text(errors="surrogateescape"))
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    return Mark(**{**written, "before": tuple(written["before"]), "erased": tuple(written["erased"])})


@contextmanager
def marked(home: Path, mark: Mark) -> Iterator[None]:
    """Mark the folder for as long as the block runs; the mark stays when the block ends by an error or a kill.

    `Unfinished` if the folder carries a mark already.
    """
    path = home / NAME
    with partial_file(path, mode=0o600) as (partial, out):
        out.write(json.dumps(asdict(mark), indent=1).encode(errors="surrogateescape"))
        out.flush()
        os.fsync(out.fileno())
        try:
            os.link(partial, path)  # it is locked by then
        except FileExistsError:
            refuse(home)
            raise
        partial.unlink()
        to_disk(home)
        yield
        remove(home)


def remove(home: Path) -> None:
    """Take the folder's mark away."""
    forget_unfinished(home / NAME)
    (home / NAME).unlink(missing_ok=True)
    to_disk(home)


def is_running(home: Path) -> bool:
    """Whether the restore that marked the folder still runs."""
    return is_locked(home / NAME)


def refuse(home: Path) -> None:
    """Raise `Unfinished` if the folder is marked."""
    try:
        mark = read(home)
    except PermissionError:
        return  # whoever opens the folder says that it is somebody else's
    if mark is None:
        return
    if is_running(home):
        raise Unfinished(f"A restore is filling {home} just now (process {mark.process}). Wait until it has finished.")
    into = f" --into {quote(str(home))}" if mark.into else ""
    raise Unfinished(
        f"{home} holds a restore that did not come to its end, so nothing is opened from it.\n"
        f"To restore it from the start: bin/atelier restore {quote(mark.archive)}{into}\n"
        f"To take away what it wrote: bin/atelier restore --discard{into}"
    )

"""Stops the embedded PostgreSQL when everybody who used it is gone, even if all of them were killed.

`python -m atelier.base.guard FOLDER` waits for a lock that each user of the server holds, which the kernel takes back
however a process ends. Until then it has nothing in memory but the interpreter.
"""

from __future__ import annotations

import fcntl
import sys
from pathlib import Path


def guard(folder: Path) -> None:
    """Wait until nobody uses the server in `folder`, then stop it."""
    try:
        waiting = folder.with_name(f"{folder.name}.guard").open("r")
    except OSError:
        return  # the data folder is gone already
    with waiting:
        fcntl.flock(waiting, fcntl.LOCK_EX)
        from atelier.base.cluster import stop

        stop(folder)


if __name__ == "__main__":
    guard(Path(sys.argv[1]))

"""Processor time of groups of processes: what a job costs, which bounds the rate on busy cores."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import psutil
import psycopg


class Meter:
    """The processor time, in seconds, of named groups of processes and their descendants, dead ones included."""

    def __init__(self, groups: Mapping[str, int]) -> None:
        self._groups = groups  # each by its first process
        self._began = self._seconds()

    def spent(self) -> dict[str, float]:
        """Seconds since this meter was made, by group."""
        return {name: seconds - self._began[name] for name, seconds in self._seconds().items()}

    def _seconds(self) -> dict[str, float]:
        return {name: _of_tree(pid) for name, pid in self._groups.items()}


def postmaster(database: str) -> int:
    """The process id of the server behind a connection; it must run on this machine."""
    with psycopg.connect(database) as db:
        return psutil.Process(db.info.backend_pid).ppid()


def _of_tree(pid: int) -> float:
    top = psutil.Process(pid)
    total = 0.0
    for process in (top, *top.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])  # user, system, and both of children that have ended
    return total

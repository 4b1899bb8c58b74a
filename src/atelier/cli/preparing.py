"""The supervisor's side of `atelier prepare`: its two lines as they come, or what it said when it failed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any, Self

from atelier.base.errors import AtelierError
from atelier.cli.children import spoken


class DidNotOpen(AtelierError):
    """A part of the studio ended before the studio was open; the message is its own."""

    code = "did_not_open"
    status = 500


class Preparing:
    """One run of `atelier prepare`; `next_line` waits for its next line, calling `wait` in between."""

    def __init__(self, wait: Callable[[float], None]) -> None:
        self._wait = wait
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as we are
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "atelier", "prepare", "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._lines = self._process.stdout
        os.set_blocking(self._lines.fileno(), False)
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()
        self._lines.close()
        self._complaints.close()

    def next_line(self) -> dict[str, Any]:
        """Its next line; `DidNotOpen` with its own words if it ended without one."""
        while b"\n" not in self._read:
            ended = self._process.poll() is not None  # asked first: what it wrote before its end is still there
            more = self._lines.read()
            self._read += more or b""
            if ended and not more:
                self._complaints.seek(0)
                words = spoken(self._complaints.read())
                raise DidNotOpen(f"The studio did not open. {words or 'Its database could not be prepared.'}")
            if not more:
                self._wait(0.02)
        line, _, self._read = self._read.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

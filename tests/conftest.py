"""A real PostgreSQL for the whole run, and a clone of its migrated template for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from atelier.base import log, migrate
from atelier.base.db import Database, connect, libpq_url
from atelier.base.ids import new_id
from atelier.base.postgres import EmbeddedPostgres

pytest_plugins = ["tests.roles", "tests.neural"]

SECRET = "a-secret-for-tests-0123456789-abcdefghij"
TEMPLATE = "atelier_template"
IN_MEMORY = Path("/dev/shm")  # copying the template there takes a tenth of the time that a disk takes
ROOM = 6 << 30  # bytes; a container often gives it 64 MB


def _roomy(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= ROOM


for name in [name for name in os.environ if name.startswith("ATELIER_")]:
    del os.environ[name]  # a developer's own settings must not reach the tests
if "TMPDIR" not in os.environ and _roomy(IN_MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)
os.environ["ATELIER_EXTRAS"] = "none"  # Sketch paints for the tests; those of neural models say otherwise
log.configure()  # as a studio does


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests first, so that no process ends with one of minutes while the others have nothing left."""
    items.sort(key=lambda item: (item.get_closest_marker("fault") is None, item.get_closest_marker("journey") is None))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a server can reach which root starts as somebody else; pytest's own are for their owner alone."""
    made = Path(tempfile.mkdtemp(prefix="atelier-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The server, as its superuser, with the migrated template database in it."""
    folder = Path(tempfile.mkdtemp(prefix="atelier-test-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres")
    admin = server.open()
    with psycopg.connect(libpq_url(admin), autocommit=True) as db:
        for forgetful in ("fsync", "full_page_writes", "synchronous_commit"):  # its data need not outlive the run
            db.execute(f"ALTER SYSTEM SET {forgetful} = off")
        db.execute("SELECT pg_reload_conf()")
    migrate.upgrade(migrate.create_database(admin, TEMPLATE), SECRET)
    yield server
    server.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def owner_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The owner's URL of a fresh, migrated database."""
    name = f"t{new_id().hex}"
    admin = libpq_url(postgres.url())
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER {migrate.OWNER} STRATEGY FILE_COPY")
        db.execute(f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")  # no template hands this on
    yield postgres.url(name).replace("postgres@", f"{migrate.OWNER}@", 1)
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


SetClock = Callable[[float], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Sets this process' clock off by so many seconds, as that of another process on another machine may be."""
    real: Callable[[], float] = time.time

    def set_off_by(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    return set_off_by


@pytest.fixture
async def web_db(owner_url: str) -> AsyncIterator[Database]:
    """The web role's connections, as a request has them."""
    database = connect(owner_url, "web", SECRET)
    yield database
    await database.close()


@pytest.fixture
async def worker_db(owner_url: str) -> AsyncIterator[Database]:
    """The worker role's connections."""
    database = connect(owner_url, "worker", SECRET)
    yield database
    await database.close()


@pytest.fixture
async def operator_db(owner_url: str) -> AsyncIterator[Database]:
    """The operator role's connections."""
    database = connect(owner_url, "operator", SECRET)
    yield database
    await database.close()

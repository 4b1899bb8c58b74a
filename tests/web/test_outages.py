"""What the studio depends on fails: the answer and the health say so, and the log in one line."""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest
import structlog
import uvloop
from fastapi import FastAPI
from psycopg import sql
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from tests.conftest import SECRET
from tests.roles import browser

from atelier.app import create_app
from atelier.assets import StorageFull, Store
from atelier.base import log
from atelier.base.db import Acting, Database, connect, libpq_url
from atelier.base.outages import outage
from atelier.base.postgres import EmbeddedPostgres
from atelier.spine import Studio

Break = Callable[[str], None]
OUTAGES = {
    "ALTER DATABASE {} SET default_transaction_read_only = on": (503, "database_read_only"),
    "ALTER DATABASE {} CONNECTION LIMIT 0": (503, "database_unavailable"),
    "ALTER DATABASE {} ALLOW_CONNECTIONS false": (503, "database_unavailable"),
    "ALTER ROLE atelier_web IN DATABASE {} SET temp_file_limit = 0": (200, "database_full"),
}


@pytest.fixture
def breaks(postgres: EmbeddedPostgres, owner_url: str) -> Break:
    """Change the test's database as its server's superuser, and have its connections begin anew."""
    name = make_url(owner_url).database

    def change(statement: str) -> None:
        with psycopg.connect(libpq_url(postgres.url()), autocommit=True) as db:
            assert name is not None
            db.execute(sql.SQL(statement).format(sql.Identifier(name)))
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    return change


SIGN_IN = {"email": "nobody@example.org", "password": "Seven-red-boats-4"}


@pytest.mark.parametrize("statement", OUTAGES)
async def test_a_database_that_fails_is_said_in_each_dialect_and_by_health(
    app: FastAPI, visitor: httpx.AsyncClient, breaks: Break, statement: str
) -> None:
    status, code = OUTAGES[statement]
    assert (await visitor.get("/health/ready")).json()["database"] is True
    breaks(statement)
    with structlog.testing.capture_logs() as logs:
        await visitor.get("/health/ready")  # meets the connections that were ended
        page = await visitor.post("/sign-in", data=SIGN_IN)
        program = await visitor.post("/sign-in", data=SIGN_IN, headers={"accept": "application/json"})
    if status != 200:
        assert [page.status_code, program.status_code] == [status, status]
        assert "retry-after" in page.headers
        assert "text/html" in page.headers["content-type"]
        assert program.json()["code"] == code
        assert program.json()["retry"] is True
        assert int(program.headers["retry-after"]) >= 5
        assert program.json()["title"] in page.text.replace("&#39;", "'")
    assert [each for each in logs if "exc_info" in each] == []
    ready = await visitor.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "down")
    assert ready.json()["trouble"] == code
    assert (await visitor.get("/health/live")).status_code == 200


class Broken(Store):
    """A store that cannot be written to."""

    def __init__(self, store: Store) -> None:
        self.__dict__.update(store.__dict__)

    async def put(self, path: str, data: bytes, content_type: str) -> None:
        raise StorageFull


async def test_health_tries_the_store_as_well(studio: Studio) -> None:
    full = replace(studio, assets=replace(studio.assets, store=Broken(studio.assets.store)))
    async with browser(create_app(full)) as visitor:
        ready = await visitor.get("/health/ready")
        assert (ready.status_code, ready.json()["status"], ready.json()["storage"]) == (503, "down", "storage_full")
        assert (await visitor.get("/health/live")).status_code == 200


def driver_says(error: Exception) -> DBAPIError:
    """A driver's error as SQLAlchemy wraps it."""
    adapted = RuntimeError("adapted")
    adapted.__cause__ = error
    return DBAPIError("SELECT", {}, adapted)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (driver_says(asyncpg.DiskFullError("could not extend file")), 507, "database_full"),
        (driver_says(asyncpg.AdminShutdownError("terminating connection")), 503, "database_unavailable"),
        (driver_says(asyncpg.CannotConnectNowError("starting up")), 503, "database_unavailable"),
        (driver_says(asyncpg.TooManyConnectionsError("too many clients")), 503, "database_unavailable"),
        (driver_says(asyncpg.ConnectionDoesNotExistError("closed")), 503, "database_unavailable"),
        (driver_says(asyncpg.InterfaceError("connection is closed")), 503, "database_unavailable"),
        (driver_says(asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT")), 503, "database_read_only"),
        (driver_says(asyncpg.InsufficientPrivilegeError("x: Read-only file system")), 503, "database_read_only"),
        (psycopg.OperationalError("connection failed"), 503, "database_unavailable"),
        (OSError(errno.ENOSPC, "No space left on device"), 507, "disk_full"),
        (OSError(errno.EROFS, "Read-only file system"), 503, "disk_read_only"),
        (StorageFull(), 507, "storage_full"),
    ],
)
def test_failures_of_others_are_told_apart(error: Exception, status: int, code: str) -> None:
    found = outage(error)
    assert found is not None
    assert (found.status, found.code, found.retry) == (status, code, True)
    assert found.retry_after > 0


@pytest.mark.parametrize(
    "error",
    [
        driver_says(asyncpg.UndefinedColumnError("no such column")),
        driver_says(asyncpg.InsufficientPrivilegeError("permission denied for table jobs")),
        ValueError("ours"),
        FileNotFoundError(errno.ENOENT, "nothing there"),
    ],
)
def test_faults_of_our_own_stay_crashes(error: Exception) -> None:
    assert outage(error) is None


def test_an_outage_is_one_line_whoever_logs_it(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()
    try:
        raise psycopg.OperationalError("connection failed:\nis the server running?")
    except psycopg.OperationalError:
        logging.getLogger("procrastinate.worker").exception("Main coroutine error")
    lines: list[Any] = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "Traceback" not in lines[0]
    assert "database_unavailable" in lines[0]


@pytest.mark.parametrize("steps", range(6))
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_connection_that_the_server_ends_is_an_outage_however_much_of_its_end_was_read(
    postgres: EmbeddedPostgres, owner_url: str, breaks: Break, loop: Callable[[], asyncio.AbstractEventLoop], steps: int
) -> None:
    async def ask(database: Database) -> None:
        async with database.transaction(Acting.nobody()) as db:
            await db.execute(text("SELECT 1"))

    async def ended() -> None:
        database = connect(owner_url, "web", SECRET, pool=1)
        await ask(database)
        breaks("ALTER DATABASE {} CONNECTION LIMIT 0")
        left = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'atelier_web'"
        with psycopg.connect(libpq_url(postgres.url()), autocommit=True) as db:
            while db.execute(left).fetchone() != (0,):
                time.sleep(0.01)  # not the event loop's: it must not read
        for _ in range(steps):
            await asyncio.sleep(0)
        with pytest.raises(Exception) as found:  # noqa: PT011  # whatever it is, `outage` must know it
            await ask(database)
        answer = outage(found.value)
        assert answer is not None, repr(found.value)
        assert answer.code == "database_unavailable"
        await database.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(ended())

"""Both stacks, set up on one PostgreSQL: their databases, members, web processes and workers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from redis import Redis
from sqlalchemy import create_engine, make_url

from atelier import ledger
from atelier.base.db import Acting, connect, libpq_url
from atelier.base.ids import new_id
from bench.classic.tables import Base
from bench.load import Target
from bench.ours.nothing import write_catalog
from bench.processes import Started, free_port, python

MEMBERS = [str(new_id()) for _ in range(16)]
CREDITS = 1_000_000
WORKERS = max(2, os.cpu_count() or 1)  # Celery's default concurrency; never less than ours


class Classic:
    """FastAPI + SQLAlchemy + Celery + Redis."""

    name = "classic, defaults"

    def __init__(
        self, database: str, folder: Path, opened: ExitStack, redis: int, broker: Started, *, late_acks: bool = False
    ) -> None:
        self.database = database
        self._folder = folder
        self._opened = opened
        self._redis = redis
        self._broker = broker
        self.processes = {"broker": broker.pid}  # by what they do
        self._late_acks = late_acks
        if late_acks:
            self.name = "classic, late acks"
        self._port = free_port()
        self._env = {
            "CLASSIC_DATABASE_URL": database,
            "CLASSIC_REDIS_URL": f"redis://127.0.0.1:{redis}/{int(late_acks)}",
            "CLASSIC_LATE_ACKS": str(int(late_acks)),
        }
        self._runs = 0

    def with_late_acks(self) -> Classic:
        """The same with tasks acknowledged only once they are done."""
        return Classic(self.database, self._folder, self._opened, self._redis, self._broker, late_acks=True)

    def start_web(self) -> None:
        command = python("uvicorn", "bench.classic.web:app", "--port", str(self._port), "--no-access-log")
        web = Started(command, self._folder / f"classic-web-{self._port}.log", self._env)
        self.processes["web"] = web.pid
        self._opened.callback(web.stop)
        web.await_port(self._port)

    def start_worker(self, concurrency: int = WORKERS) -> Started:
        self._runs += 1
        log = self._folder / f"classic-worker-{self._port}-{self._runs}.log"
        options = ["--concurrency", str(concurrency), "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
        worker = Started(python("celery", "-A", "bench.classic.tasks", "worker", *options), log, self._env)
        self.processes["worker"] = worker.pid
        self._opened.callback(worker.stop)
        worker.await_words(" ready.")
        return worker

    def target(self) -> Target:
        return Target(self._port, self.database, MEMBERS)

    def waiting(self) -> int:
        """Tasks that Redis still has: in the queue, or reserved by a worker until the visibility timeout of an hour."""
        with Redis(port=self._redis, db=int(self._late_acks)) as redis:
            return int(redis.llen("celery")) + int(redis.hlen("unacked"))


class Ours:
    """The spine."""

    name = "the spine"

    def __init__(self, owner_url: str, secret: str, folder: Path, opened: ExitStack) -> None:
        self.database = libpq_url(owner_url)
        self._folder = folder
        self._opened = opened
        self._port = free_port()
        self._env = {"ATELIER_HOME": str(folder), "ATELIER_DATABASE_URL": owner_url, "ATELIER_SECRET": secret}
        self._env["ATELIER_EXTRAS"] = "none"
        self._runs = 0
        self.processes: dict[str, int] = {}  # by what they do
        write_catalog(folder)

    def start_web(self) -> None:
        web = Started(python("bench.ours.web", str(self._port)), self._folder / "ours-web.log", self._env)
        self.processes["web"] = web.pid
        self._opened.callback(web.stop)
        web.await_port(self._port)

    def start_worker(self, concurrency: int = WORKERS) -> Started:
        self._runs += 1
        log = self._folder / f"ours-worker-{self._runs}.log"
        worker = Started(python("bench.ours.worker", str(concurrency)), log, self._env)
        self.processes["worker"] = worker.pid
        self._opened.callback(worker.stop)
        worker.await_words("worker:started")
        return worker

    def target(self) -> Target:
        return Target(self._port, self.database, MEMBERS)

    def waiting(self) -> int:
        """Jobs that the queue has an entry for."""
        with psycopg.connect(self.database) as db:
            row = db.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')").fetchone()
        assert row is not None
        return int(row[0])


Stack = Classic | Ours


@asynccontextmanager
async def stacks(owner_url: str, secret: str) -> AsyncIterator[tuple[Ours, Classic]]:
    """Both, with web processes that answer."""
    folder = Path(tempfile.mkdtemp(prefix="atelier-bench-"))
    with ExitStack() as opened:
        opened.callback(shutil.rmtree, folder, ignore_errors=True)
        ours = Ours(owner_url, secret, folder, opened)
        classic = Classic(_classic_database(owner_url), folder, opened, *_redis(folder, opened))
        await _members(owner_url, secret)
        for stack in (ours, classic):
            stack.start_web()
        yield ours, classic


def _redis(folder: Path, opened: ExitStack) -> tuple[int, Started]:
    """Redis with its default settings on a port of its own: (port, process)."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    redis = Started(command, folder / "redis.log")
    opened.callback(redis.stop)
    redis.await_port(port)
    return port, redis


def _classic_database(owner_url: str) -> str:
    """A database of the peer's own beside ours, with its tables and members."""
    admin = make_url(owner_url).set(username="postgres", drivername="postgresql")
    with psycopg.connect(libpq_url(admin), autocommit=True) as db:
        db.execute("CREATE DATABASE classic TEMPLATE template0")
    url = libpq_url(admin.set(database="classic"))
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    Base.metadata.create_all(engine)
    engine.dispose()
    with psycopg.connect(url) as db:
        db.cursor().executemany("INSERT INTO wallets VALUES (%s, %s)", [(member, CREDITS) for member in MEMBERS])
    return url


async def _members(owner_url: str, secret: str) -> None:
    with psycopg.connect(libpq_url(owner_url)) as db:
        for member in MEMBERS:
            db.execute("INSERT INTO members (id, email, name) VALUES (%s, %s, 'B')", [member, f"{member}@example.org"])
    database = connect(owner_url, "operator", secret)
    try:
        for member in MEMBERS:
            async with database.transaction(Acting.for_studio()) as db:
                await ledger.open_wallet(db, member_id=UUID(member))
                await ledger.grant(db, member_id=UUID(member), amount=CREDITS, key=f"bench {member}")
    finally:
        await database.close()

"""The client of both stacks: a lean HTTP connection, and an observer that sees when jobs have succeeded.

It shares the machine with what it measures, so it does as little as it can, and the same for both.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

LOOK = 0.001  # seconds between two looks at the jobs table
PATIENCE = 60.0  # seconds after which jobs that did not succeed fail the bench


class Connection:
    """One kept-alive HTTP connection that posts JSON."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def post(self, path: str, member: str, body: object) -> Any:
        """The answer's JSON; anything but success raises."""
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: bench\r\nx-member: {member}\r\ncontent-type: application/json\r\n"
        self._writer.write(f"{head}content-length: {len(data)}\r\n\r\n".encode() + data)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        status = answer.split(" ", 2)[1]
        length = next(line for line in answer.lower().split("\r\n") if line.startswith("content-length:"))
        found = await self._reader.readexactly(int(length.split(":")[1]))
        if not status.startswith("2"):
            raise RuntimeError(f"POST {path} answered {status}: {found[:300]!r}")
        return json.loads(found)

    def close(self) -> None:
        self._writer.close()


@dataclass(frozen=True, slots=True)
class Target:
    """A stack under load: where its web process listens, its database (as owner) and its members."""

    port: int
    database: str
    members: Sequence[str]

    def body(self, seconds: float = 0.0) -> object:
        return {"tool": "nothing.make", "input": {"seconds": seconds}}


class Observer:
    """Looks into a stack's jobs table every millisecond and tells who waits that their job has succeeded."""

    def __init__(self, connection: asyncpg.Connection[Any]) -> None:
        self._connection = connection
        self._waiting: dict[UUID, asyncio.Future[float]] = {}

    @classmethod
    @asynccontextmanager
    async def on(cls, target: Target) -> AsyncIterator[Observer]:
        connection = await asyncpg.connect(target.database)
        observer = cls(connection)
        looking = asyncio.create_task(observer._look())
        try:
            yield observer
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await connection.close()

    async def succeeded(self, job_id: UUID) -> float:
        """When the job was seen to have succeeded, on the performance counter."""
        future = self._waiting[job_id] = asyncio.get_running_loop().create_future()
        return await asyncio.wait_for(future, PATIENCE)

    async def _look(self) -> None:
        query = await self._connection.prepare("SELECT id FROM jobs WHERE id = ANY($1) AND state = 'succeeded'")
        while True:
            if self._waiting:
                for row in await query.fetch(list(self._waiting)):
                    self._waiting.pop(UUID(bytes=row["id"].bytes)).set_result(time.perf_counter())
            await asyncio.sleep(LOOK)


async def one_after_another(target: Target, clients: int, jobs: int) -> tuple[list[float], float]:
    """Each client waits until its job has succeeded before the next: (milliseconds of each, jobs a second)."""
    times: list[float] = []

    async def client(number: int, observer: Observer) -> None:
        connection = await Connection.open(target.port)
        try:
            for _ in range(jobs // clients):
                began = time.perf_counter()
                answer = await connection.post("/jobs", target.members[number], target.body())
                times.append((await observer.succeeded(UUID(answer["id"])) - began) * 1000)
        finally:
            connection.close()

    async with Observer.on(target) as observer:
        began = time.perf_counter()
        await asyncio.gather(*(client(number, observer) for number in range(clients)))
        return times, len(times) / (time.perf_counter() - began)


async def all_at_once(target: Target, clients: int, jobs: int) -> float:
    """All clients submit as fast as they are answered; jobs a second until the last has succeeded."""
    database = await asyncpg.connect(target.database)
    try:
        before = await database.fetchval("SELECT count(*) FROM jobs WHERE state = 'succeeded'")
        began = time.perf_counter()
        await submit(target, clients, jobs)
        async with asyncio.timeout(PATIENCE):
            done = "SELECT count(*) FROM jobs WHERE state = 'succeeded'"
            while await database.fetchval(done) - before < jobs:
                await asyncio.sleep(0.02)
        return jobs / (time.perf_counter() - began)
    finally:
        await database.close()


async def submit(target: Target, clients: int, jobs: int, *, seconds: float = 0.0) -> list[UUID]:
    """Submit jobs from several clients, each as fast as it is answered; the jobs' ids."""

    async def client(number: int) -> list[UUID]:
        connection = await Connection.open(target.port)
        try:
            return [
                UUID((await connection.post("/jobs", target.members[number], target.body(seconds)))["id"])
                for _ in range(jobs // clients)
            ]
        finally:
            connection.close()

    return [job for each in await asyncio.gather(*(client(number) for number in range(clients))) for job in each]

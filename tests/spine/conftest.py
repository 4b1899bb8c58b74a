"""A studio with engines that do as they are told, on a real database."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from PIL import Image
from pydantic import SecretStr
from sqlalchemy import select, text
from tests.conftest import SECRET

from atelier import ledger
from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id
from atelier.bootstrap import open_studio
from atelier.engines import Made, Progress, Work
from atelier.jobs import Job, find
from atelier.settings import Settings
from atelier.spine import JobRequest, Studio, begin
from atelier.worker import work_until

ENGINES = ("told", "other")
CATALOG = "".join(
    f'[[model]]\nid = "{name}"\nname = "{name}"\ntool = "image.generate"\nengine = "{name}"\nlicence = "MIT"\n'
    "deadline = 2\nprice = { pictures = 1 }\n"
    for name in ENGINES
)


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


class Told:
    """An engine that makes pictures at once, unless `script` says otherwise."""

    def __init__(self) -> None:
        self.works: list[Work] = []
        self.script: Callable[[Work, int], None] | None = None
        self.wait: asyncio.Event | None = None
        self.wait_before = 0
        self.waits = asyncio.Event()  # set once it waits
        self.canceled = 0

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        self.works.append(work)
        for position in range(work.input["count"]):
            if self.wait is not None and position >= self.wait_before:
                self.waits.set()
                try:
                    await self.wait.wait()
                except asyncio.CancelledError:
                    self.canceled += 1
                    raise
            if self.script is not None:
                self.script(work, position)
            yield Progress(position, 1, 1)
            yield work.output(position, png(), "image/png", {"seed": position})

    async def close(self) -> None:
        return


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def settings(tmp_path: Path, owner_url: str) -> Settings:
    (tmp_path / "catalog.toml").write_text(CATALOG)
    return Settings(home=tmp_path, database_url=SecretStr(owner_url), secret=SecretStr(SECRET))


@pytest.fixture
async def studio(settings: Settings, told: Told) -> AsyncIterator[Studio]:
    async with open_studio(settings, engines={"told": lambda: told, "other": Told}) as opened:
        yield opened


async def new_member(studio: Studio, credits: int = 100) -> UUID:
    """A member with a wallet, written as the owner would."""
    member = new_id()
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("INSERT INTO members (id, email, name) VALUES (%s, %s, 'A')", [member, f"{member}@example.org"])
    async with studio.operator_db.transaction(Acting.for_studio()) as tx:
        await ledger.open_wallet(tx, member_id=member)
        if credits:
            await ledger.grant(tx, member_id=member, amount=credits, key=f"test {member}", memo="for a test")
    return member


@pytest.fixture
async def maker(studio: Studio) -> UUID:
    return await new_member(studio)


@asynccontextmanager
async def working(studio: Studio, concurrency: int = 2, grace: float = 8) -> AsyncIterator[None]:
    """A worker for as long as the block runs."""
    stop = asyncio.Event()
    task = asyncio.create_task(work_until(studio, stop, concurrency=concurrency, grace=grace))
    try:
        yield
    finally:
        stop.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def start(studio: Studio, member: UUID, count: int = 1, key: str | None = None, **input: object) -> UUID:
    """Begin a run as a member."""
    wish = JobRequest("image.generate", {"prompt": "a red boat", "count": count, **input}, key=key)
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return await begin(db, studio, member, wish)


async def look(studio: Studio, member: UUID, job_id: UUID) -> Job:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return await find(db, job_id)


async def until(studio: Studio, member: UUID, job_id: UUID, *states: str, seconds: float = 60) -> Job:
    """The job as soon as it is in one of `states`."""
    async with asyncio.timeout(seconds):
        while True:
            job = await look(studio, member, job_id)
            if job.state in states:
                return job
            await asyncio.sleep(0.02)


async def wallet(studio: Studio, member: UUID) -> tuple[int, int]:
    """What a member has and what is held."""
    async with studio.web_db.transaction(Acting.member(member)) as db:
        found = await ledger.balance(db, member_id=member)
        return found.available, found.held


async def balanced(studio: Studio) -> bool:
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        return (await ledger.check(db)).balanced


async def claim(studio: Studio, member: UUID, job_id: UUID) -> Job | None:
    """Begin an attempt at a job, as a worker does when it takes the job's entry from the queue."""
    statement = text("SELECT * FROM claim_job(:job, :member)").bindparams(job=job_id, member=member)
    async with studio.worker_db.transaction(Acting.member(member)) as db:
        found = await db.execute(select(Job).from_statement(statement).execution_options(populate_existing=True))
        return found.scalar_one_or_none()

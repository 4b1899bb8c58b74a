"""Places in a worker: jobs that wait for a machine elsewhere run by dozens, beside those that compute here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from uuid import UUID

import pytest
from tests.spine.conftest import CATALOG, Told, new_member, png, until, working

from atelier.base.db import Acting
from atelier.bootstrap import open_studio
from atelier.engines import Made, Work
from atelier.engines import kind as engine_kinds
from atelier.engines.kind import EngineKind, Occupies
from atelier.settings import Settings
from atelier.spine import JobRequest, Studio, begin

FAR = """
[[engine]]
id = "far"
kind = "far-away"

[[model]]
id = "far"
name = "Far"
tool = "image.generate"
engine = "far"
licence = "MIT"
price = { pictures = 1 }
"""


PATIENT = CATALOG.replace("deadline = 2", "deadline = 600")


class Far:
    """Holds each job until twelve are there."""

    def __init__(self) -> None:
        self.there = 0
        self.enough = asyncio.Event()

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        self.there += 1
        if self.there == 12:
            self.enough.set()
        await self.enough.wait()
        yield work.output(0, png(), "image/png")

    async def close(self) -> None:
        return


@pytest.fixture
async def studio(settings: Settings, told: Told) -> AsyncIterator[Studio]:
    far = Far()
    (settings.home / "catalog.toml").write_text(PATIENT)
    engine_kinds.offer(EngineKind("far-away", lambda entry, machine: far, Occupies.NOTHING, label="Far"))
    async with open_studio(settings, engines={"told": lambda: told, "other": Told}) as opened:
        yield opened
    engine_kinds.withdraw("far-away")


async def start(studio: Studio, member: UUID, model: str) -> UUID:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return await begin(db, studio, member, JobRequest("image.generate", {"prompt": "x", "count": 1}, model))


async def test_an_engine_that_the_catalog_names_later_runs_a_dozen_beside_the_one_that_computes(
    studio: Studio, maker: UUID, told: Told, settings: Settings
) -> None:
    told.wait = asyncio.Event()  # the only place for what computes here is taken
    other = await new_member(studio)
    async with working(studio, concurrency=1):
        busy = await start(studio, other, "told")
        await until(studio, other, busy, "running")
        (settings.home / "catalog.toml").write_text(PATIENT + FAR)
        async with asyncio.timeout(60):
            while "far" not in {model.id for model in studio.catalog.current.models}:
                await asyncio.sleep(0.05)
        jobs = [await start(studio, maker, "far") for _ in range(12)]
        for job in jobs:
            assert (await until(studio, maker, job, "succeeded", "failed", seconds=60)).state == "succeeded"
        told.wait.set()
        await until(studio, other, busy, "succeeded", seconds=60)

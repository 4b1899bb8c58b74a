"""A run that finds the store full goes back into the queue, and nothing of it is lost, paid or kept meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select
from tests.spine.conftest import Told, balanced, look, start, until, wallet, working

from atelier.assets import Asset, StorageFull, Store
from atelier.base.db import Acting, libpq_url
from atelier.base.events import Event
from atelier.jobs import cancel
from atelier.spine import Studio


class Tight(Store):
    """A store with room for so many files more, until somebody makes room."""

    def __init__(self, store: Store, left: int) -> None:
        self.__dict__.update(store.__dict__)
        self.left = left

    async def put(self, path: str, data: bytes, content_type: str) -> None:
        if self.left <= 0:
            raise StorageFull
        self.left -= 1
        await super().put(path, data, content_type)


@pytest.fixture
def tight(studio: Studio) -> Tight:
    return Tight(studio.assets.store, left=2)  # the first picture with its thumbnail


@pytest.fixture
def narrow(studio: Studio, tight: Tight) -> Studio:
    return replace(studio, assets=replace(studio.assets, store=tight))


def entries(studio: Studio) -> Sequence[tuple[str, str, bool]]:
    """Every entry of the queue: its job, its state, and whether it is put off."""
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        return db.execute(
            "SELECT args ->> 'job_id', status::text, scheduled_at > now() - interval '1 min' FROM procrastinate_jobs"
        ).fetchall()


async def assets_of(studio: Studio, member: UUID) -> int:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return (await db.execute(select(func.count()).select_from(Asset))).scalar_one()


async def put_back(studio: Studio, member: UUID, told: Told) -> UUID:
    """A run whose first attempt found the store full, waiting for the next; no worker is there any more."""
    job_id = await start(studio, member, count=2)
    async with working(studio):
        async with asyncio.timeout(60):
            while not told.works:
                await asyncio.sleep(0.01)
        job = await until(studio, member, job_id, "queued", "failed")
    assert (job.state, job.attempt, job.charged, len(told.works)) == ("queued", 1, None, 1)
    return job_id


async def test_it_waits_with_its_credits_held_and_is_made_when_there_is_room(
    narrow: Studio, tight: Tight, maker: UUID, told: Told
) -> None:
    job_id = await put_back(narrow, maker, told)
    assert entries(narrow) == [(str(job_id), "todo", True)]
    assert await wallet(narrow, maker) == (98, 2)
    assert await assets_of(narrow, maker) == 0
    tight.left = 100
    async with working(narrow):
        job = await until(narrow, maker, job_id, "succeeded")
    assert (job.attempt, job.made, job.charged) == (2, 2, 2)
    assert await wallet(narrow, maker) == (98, 0)
    assert await assets_of(narrow, maker) == 2
    assert entries(narrow) == []
    async with narrow.web_db.transaction(Acting.member(maker)) as db:
        said = (await db.execute(select(Event).where(Event.subject_id == job_id).order_by(Event.id))).scalars().all()
    assert [event.kind.removeprefix("job:") for event in said if event.kind.startswith("job:")] == [
        "queued",
        "started",
        "requeued",
        "started",
        "succeeded",
    ]
    assert said[2].data["reason"] == "storage_full"
    assert await balanced(narrow)


async def test_one_that_waits_for_room_is_canceled_at_once_and_costs_nothing(
    narrow: Studio, maker: UUID, told: Told
) -> None:
    job_id = await put_back(narrow, maker, told)
    async with narrow.web_db.transaction(Acting.member(maker)) as db:
        assert (await cancel(db, job_id)).state == "canceled"
    assert await wallet(narrow, maker) == (100, 0)
    assert entries(narrow) == []
    assert (await look(narrow, maker, job_id)).charged == 0
    assert await balanced(narrow)

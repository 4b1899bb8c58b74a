"""What is told of a run on its way: seldom enough, and never less far than it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from tests.jobs.test_rescue import as_owner
from tests.spine.conftest import Told, claim, maker, settings, start, studio, told, until, working

from atelier.base.db import Acting, Database
from atelier.jobs.progress import Reporter
from atelier.jobs.rows import progress
from atelier.spine import Studio

__all__ = ["maker", "settings", "studio", "told"]


async def test_a_picture_stays_as_far_as_it_is_when_its_last_preview_is_told_with_the_next_picture(
    studio: Studio, maker: UUID
) -> None:
    job_id = await start(studio, maker)
    await claim(studio, maker, job_id)
    now = [100.0]
    reporter = Reporter(studio.worker_db, job_id, maker, clock=lambda: now[0])
    await reporter.step(0, 20, 20)
    now[0] += 0.1  # too soon to be told
    await reporter.preview(0, b"the whole picture", "image/webp")
    now[0] += 1
    await reporter.step(1, 1, 20)
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        seen = (await progress(db, [job_id]))[job_id]
    far = {place: (row.step, row.steps, row.preview is not None, row.version) for place, row in seen.items()}
    assert far == {0: (20, 20, True, 2), 1: (1, 20, False, 2)}


_CLOSED = "REVOKE INSERT ON job_progress FROM atelier_worker"  # any fault of the database's will do
_OPEN = "GRANT INSERT ON job_progress TO atelier_worker"


async def test_what_the_database_did_not_take_is_told_with_the_next(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    await claim(studio, maker, job_id)
    now = [100.0]
    reporter = Reporter(studio.worker_db, job_id, maker, clock=lambda: now[0])
    as_owner(studio, _CLOSED)
    await reporter.preview(0, b"half a picture", "image/webp")
    now[0] += 1
    as_owner(studio, _OPEN)
    await reporter.step(1, 1, 20)
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        seen = (await progress(db, [job_id]))[job_id]
    assert {place: row.preview is not None for place, row in seen.items()} == {0: True, 1: False}


async def test_a_database_that_does_not_answer_is_no_reason_to_stop(
    studio: Studio, maker: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def refused(self: Database, acting: Acting) -> AsyncIterator[None]:
        raise ConnectionRefusedError("nobody listens there")
        yield

    job_id = await start(studio, maker)
    monkeypatch.setattr(Database, "transaction", refused)
    await Reporter(studio.worker_db, job_id, maker).step(0, 1, 20)


async def test_a_run_whose_progress_cannot_be_told_is_made_all_the_same(
    studio: Studio, maker: UUID, told: Told
) -> None:
    as_owner(studio, _CLOSED)
    job_id = await start(studio, maker, count=2)
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed")
    assert (job.state, job.attempt, job.made) == ("succeeded", 1, 2)

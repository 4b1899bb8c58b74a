"""What is told of a run on its way: seldom enough, and never less far than it was."""

from __future__ import annotations

from uuid import UUID

from tests.studio.conftest import claim, maker, settings, start, studio, told

from atelier.base.db import Acting
from atelier.jobs.progress import Reporter
from atelier.jobs.rows import progress
from atelier.studio import Studio

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
    await reporter.preview(0, b"the whole picture")
    now[0] += 1
    await reporter.step(1, 1, 20)
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        seen = (await progress(db, [job_id]))[job_id]
    far = {place: (row.step, row.steps, row.preview is not None, row.version) for place, row in seen.items()}
    assert far == {0: (20, 20, True, 2), 1: (1, 20, False, 2)}

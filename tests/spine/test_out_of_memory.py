"""A job at which memory runs out: it is made by a fresh child that takes less, and charged once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from tests.spine.conftest import CATALOG, Told, balanced, maker, start, until, wallet, working

from atelier.bootstrap import open_studio
from atelier.engines.child import ChildEngine
from atelier.settings import Settings
from atelier.spine import Studio

__all__ = ["maker"]
TIGHT = "tests.engines.tight:Tight"


@pytest.fixture
async def studio(settings: Settings) -> AsyncIterator[Studio]:
    patient = CATALOG.replace("deadline = 2", "deadline = 60")  # a child needs a moment to start
    (settings.home / "catalog.toml").write_text(patient)
    async with open_studio(settings, engines={"told": lambda: ChildEngine(TIGHT), "other": Told}) as opened:
        yield opened


async def test_a_job_at_which_memory_ran_out_is_finished_by_a_fresh_child_and_charged_once(
    studio: Studio, maker: UUID
) -> None:
    async with working(studio):
        job = await until(studio, maker, await start(studio, maker, 3), "succeeded", "failed")
    assert (job.state, job.error_message, job.charged, job.attempt) == ("succeeded", None, 3, 1)
    assert await wallet(studio, maker) == (97, 0)
    assert await balanced(studio)


async def test_what_has_no_room_at_all_gives_the_credits_back_and_the_worker_lives(studio: Studio, maker: UUID) -> None:
    async with working(studio):
        whale = await start(studio, maker, 2, prompt="a whale")
        job = await until(studio, maker, whale, "succeeded", "failed")
        assert (job.state, job.error_code, job.charged, job.attempt) == ("failed", "out_of_memory", 0, 1)
        assert "smaller size" in (job.error_message or "")
        boat = await until(studio, maker, await start(studio, maker, 1), "succeeded", "failed")
    assert boat.state == "succeeded"
    assert await wallet(studio, maker) == (99, 0)

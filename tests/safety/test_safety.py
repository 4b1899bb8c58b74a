"""The chain through the whole studio: refused before it costs anything, held back with the credits back, or covered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.spine.conftest import Told, balanced, claim, look, maker, png, start, told, until, wallet, working
from tests.spine.conftest import settings as settings

from atelier.assets import Asset
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.bootstrap import open_studio
from atelier.engines import Made, Preview, Progress, Work
from atelier.jobs.tables import Claim
from atelier.safety import HeldBack, NotReady
from atelier.safety.filter import Action, Place, Rule, filters
from atelier.safety.rules import set_rule
from atelier.settings import Settings
from atelier.spine import Studio
from atelier.spine.attempt import make, open_results

__all__ = ["maker", "told"]
PICTURES, WORDS = "unsafe-pictures", "words"


class Even:
    """Finds the pictures at even positions; its weights can be missing."""

    id = PICTURES
    title = "Even ones"
    actions: tuple[Action, ...] = (Action.OFF, Action.BLUR, Action.REFUSE)

    def __init__(self) -> None:
        self.missing = ""
        self.judged: list[Path] = []

    def lack(self, place: Place) -> str | None:
        return self.missing or None

    async def score(self, place: Place, owner: UUID, file: Path) -> float:
        self.judged.append(file)
        return 0.9 if int(file.name.rpartition("-")[2]) % 2 == 0 else 0.1


@pytest.fixture
def even() -> Even:
    return Even()


@pytest.fixture
async def studio(settings: Settings, told: Told, even: Even) -> AsyncIterator[Studio]:
    async with open_studio(settings, engines={"told": lambda: told, "other": Told}) as opened:
        opened.safety.given = {PICTURES: even, WORDS: filters()[WORDS]}
        yield opened


async def ruled(studio: Studio, filter_id: str, action: Action, **more: object) -> None:
    """The operator's word on a filter, as every process hears it."""
    async with studio.operator_db.transaction(Acting.for_studio()) as db:
        await set_rule(db, studio.safety.filters[filter_id], Rule(action, **more), by=new_id())  # type: ignore[arg-type]
    studio.safety.forget()


async def pictures(studio: Studio, member: UUID, job: UUID) -> list[Asset]:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        found = await db.execute(select(Asset).where(Asset.job_id == job).order_by(Asset.position))
        return list(found.scalars())


async def test_a_prompt_with_a_refused_word_costs_nothing_and_leaves_nothing(studio: Studio, maker: UUID) -> None:
    await ruled(studio, WORDS, Action.REFUSE, words="red boat")
    before = await wallet(studio, maker)
    with pytest.raises(HeldBack, match="red boat") as refused:
        await start(studio, maker)
    assert refused.value.field == "prompt"
    assert await wallet(studio, maker) == before
    await ruled(studio, WORDS, Action.OFF, words="red boat")
    await start(studio, maker)


async def test_what_a_member_leaves_out_is_judged_too(studio: Studio, maker: UUID) -> None:
    await ruled(studio, WORDS, Action.REFUSE, words="harbour")
    with pytest.raises(HeldBack) as refused:
        await start(studio, maker, negative_prompt="a harbour")
    assert refused.value.field == "negative_prompt"


async def test_a_picture_that_is_refused_is_not_kept_and_not_charged(studio: Studio, maker: UUID, even: Even) -> None:
    await ruled(studio, PICTURES, Action.REFUSE)
    job_id = await start(studio, maker, count=4)
    async with working(studio):
        job = await until(studio, maker, job_id, "failed")
    assert (job.error_code, job.made, job.charged) == ("held_back", 2, 2)
    kept = await pictures(studio, maker, job_id)
    assert [asset.position for asset in kept] == [1, 3]
    assert len(even.judged) == 4
    assert studio.assets.store.folder is not None
    files = [path for path in studio.assets.store.folder.rglob("*") if path.is_file()]
    assert len(files) == 4, "two pictures and their thumbnails"
    assert await balanced(studio)


async def test_if_all_are_refused_all_credits_come_back(studio: Studio, maker: UUID) -> None:
    await ruled(studio, PICTURES, Action.REFUSE)
    before = await wallet(studio, maker)
    job_id = await start(studio, maker)
    async with working(studio):
        job = await until(studio, maker, job_id, "failed")
    assert (job.error_code, job.made, job.charged) == ("held_back", 0, 0)
    assert await wallet(studio, maker) == before


async def test_a_covered_picture_is_kept_and_shows_nothing_until_it_is_asked_to(studio: Studio, maker: UUID) -> None:
    await ruled(studio, PICTURES, Action.BLUR)
    job_id = await start(studio, maker, count=2)
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded")
    assert (job.made, job.charged) == (2, 2)
    covered, plain = await pictures(studio, maker, job_id)
    assert covered.measures.get("covered") is True
    assert "covered" not in plain.measures


async def test_a_score_below_the_threshold_changes_nothing(studio: Studio, maker: UUID) -> None:
    await ruled(studio, PICTURES, Action.REFUSE, threshold=0.95)
    job_id = await start(studio, maker)
    async with working(studio):
        await until(studio, maker, job_id, "succeeded")


class Shows(Told):
    """Shows a preview of each picture."""

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        yield Progress(0, 1, 2)
        yield Preview(0, png())
        yield work.output(0, png(), "image/png")


@pytest.mark.parametrize("action", [Action.OFF, Action.REFUSE, Action.BLUR])
async def test_no_preview_is_shown_of_what_may_be_held_back(
    settings: Settings, maker: UUID, even: Even, action: Action
) -> None:
    shown: list[type[object]] = []

    async def tell(made: Made) -> None:
        shown.append(type(made))

    async with open_studio(settings, engines={"told": Shows, "other": Told}) as studio:
        studio.safety.given = {PICTURES: even}
        await ruled(studio, PICTURES, action)
        job = await claim(studio, maker, await start(studio, maker))
        assert job is not None
        await make(studio, open_results(cast(Claim, job)), tell)  # both have what it takes to make it
    assert Progress in shown
    assert (Preview in shown) is (action is Action.OFF)


async def test_a_filter_that_cannot_work_lets_nothing_begin(studio: Studio, maker: UUID, even: Even) -> None:
    even.missing = "Its weights are not here."
    await start(studio, maker)  # its rule is off
    await ruled(studio, PICTURES, Action.REFUSE)
    before = await wallet(studio, maker)
    with pytest.raises(NotReady):
        await start(studio, maker)
    assert await wallet(studio, maker) == before


async def test_a_filter_that_fails_under_way_keeps_nothing(studio: Studio, maker: UUID, even: Even) -> None:
    await ruled(studio, PICTURES, Action.REFUSE)
    job_id = await start(studio, maker)
    even.missing = "Its weights are gone."
    async with working(studio):
        async with asyncio.timeout(60):
            while (job := await look(studio, maker, job_id)).attempt < 1 or job.state == "running":
                await asyncio.sleep(0.02)
    assert await pictures(studio, maker, job_id) == []


async def test_each_process_hears_of_a_new_rule(studio: Studio, maker: UUID) -> None:
    await ruled(studio, WORDS, Action.OFF)
    await start(studio, maker)
    async with working(studio):  # it listens
        async with studio.operator_db.transaction(Acting.for_studio()) as db:
            await set_rule(db, studio.safety.filters[WORDS], Rule(Action.REFUSE, words="boat"), by=new_id())
        async with asyncio.timeout(30):
            while True:
                try:
                    await start(studio, maker)
                except HeldBack:
                    break
                await asyncio.sleep(0.02)

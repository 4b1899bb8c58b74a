"""Three ways to run: from the queue, inline in the web process with its text streamed, and as the parent of others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select
from tests.spine.conftest import balanced, look, maker, new_member, png, until, wallet, working
from tests.spine.conftest import settings as settings

from atelier import tools
from atelier.base.db import Acting, libpq_url
from atelier.base.kinds import TEXT
from atelier.bootstrap import open_studio
from atelier.engines import BadInput, Made, TextDelta, Usage, Work
from atelier.jobs import Job, State, cancel
from atelier.settings import Settings
from atelier.spine import JobRequest, Studio, begin
from atelier.spine.ending import Ending
from atelier.spine.inline import HandedOver, InlineJobs, Told
from atelier.tools import Amounts, Tool, ToolInput
from atelier.tools.parent import Child, ChildRequest, Done, Next, ParentTool, Start, Wait

__all__ = ["maker"]

CATALOG = """
[[model]]
id = "talker"
name = "Talker"
tool = "test.talk"
engine = "slow"
licence = "MIT"
price = { words = "1/2" }

[[model]]
id = "painter"
name = "Painter"
tool = "image.generate"
engine = "slow"
licence = "MIT"
price = { pictures = 1 }
"""


class Talk(Tool):
    """A text of several words."""

    id = "test.talk"
    name = "Talk"
    yields = TEXT
    units = ("words",)

    class Input(ToolInput):
        words: list[str]

    def most(self, input: Input) -> Amounts:
        return {"words": len(input.words)}

    def expected(self, input: Input) -> int:
        return 0

    def title(self, input: Input) -> str:
        return "Talk"


class Set(ParentTool):
    """Several pictures, four at a time; it succeeds if most of them do."""

    id = "test.set"
    name = "Set"

    class Input(ToolInput):
        prompts: list[str]

    def title(self, input: Input) -> str:
        return "A set"

    def next(self, input: Input, children: Sequence[Child]) -> Next:
        begun = {child.name for child in children}
        left = [(f"{n}", prompt) for n, prompt in enumerate(input.prompts) if f"{n}" not in begun]
        room = 4 - sum(child.open for child in children)
        if left and room > 0:
            return Start([ChildRequest(n, "image.generate", {"prompt": p, "count": 1}) for n, p in left[:room]])
        if any(child.open for child in children):
            return Wait()
        made = sum(child.state == "succeeded" for child in children)
        if made * 2 < len(children):
            return Done(error=f"Only {made} of {len(children)} were made.")
        return Done({"made": made, "failed": [child.name for child in children if child.state == "failed"]})


class Slow:
    """Says its words one by one; paints what has no `bad` in it."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.works: list[Work] = []

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        self.works.append(work)
        if work.tool == Talk.id:
            for word in work.input["words"]:
                yield TextDelta(f"{word} ")
                yield Usage({"words": 1})
                await self.go_on.wait()
            return
        if "bad" in work.input["prompt"]:
            raise BadInput("Not that.")
        await self.go_on.wait()
        yield work.output(0, png(), "image/png")

    async def close(self) -> None:
        return


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
async def studio(settings: Settings, slow: Slow) -> AsyncIterator[Studio]:
    (settings.home / "catalog.toml").write_text(CATALOG)
    for tool in (Talk(), Set()):
        tools.offer(tool)
    async with open_studio(settings, engines={"slow": lambda: slow}) as opened, opened.signals.running():
        yield opened
    for name in (Talk.id, Set.id):
        tools.withdraw(name)


async def talk(studio: Studio, member: UUID, *words: str) -> UUID:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return await begin(db, studio, member, JobRequest(Talk.id, {"words": list(words)}), inline=True)


async def in_queue(studio: Studio) -> int:
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        row = db.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'perform'").fetchone()
    assert row is not None
    return int(row[0])


def told_text(told: Sequence[Told]) -> str:
    return "".join(each.text for each in told if isinstance(each, TextDelta))


async def test_an_inline_job_streams_its_text_and_is_charged_for_what_it_used(studio: Studio, maker: UUID) -> None:
    inline = InlineJobs(studio)
    async with inline.running():
        job_id = await talk(studio, maker, "one", "two", "three")
        assert await in_queue(studio) == 0
        assert await wallet(studio, maker) == (98, 2)
        await inline.start(maker, job_id)
        told = [each async for each in inline.follow(maker, job_id)]
    assert told_text(told) == "one two three "
    assert isinstance(told[-1], Ending)
    job = await look(studio, maker, job_id)
    assert (job.state, job.charged, job.result) == ("succeeded", 2, {"text": "one two three "})
    assert await wallet(studio, maker) == (98, 0)


async def test_an_inline_job_goes_on_when_its_reader_leaves_and_another_reads_it_from_the_start(
    studio: Studio, maker: UUID, slow: Slow
) -> None:
    slow.go_on.clear()
    inline = InlineJobs(studio)
    async with inline.running():
        job_id = await talk(studio, maker, "one", "two")
        await inline.start(maker, job_id)
        async with contextlib.aclosing(inline.follow(maker, job_id)) as reading:
            assert isinstance(await anext(reading), TextDelta)
        stranger = await new_member(studio)
        assert [each async for each in inline.follow(stranger, job_id)] == []
        again = asyncio.create_task(_all(inline, maker, job_id))
        slow.go_on.set()
        assert told_text(await again) == "one two "
        await until(studio, maker, job_id, "succeeded", seconds=60)


async def _all(inline: InlineJobs, member: UUID, job_id: UUID) -> list[Told]:
    return [each async for each in inline.follow(member, job_id)]


async def test_an_inline_job_that_is_canceled_pays_for_what_was_said(studio: Studio, maker: UUID, slow: Slow) -> None:
    slow.go_on.clear()
    inline = InlineJobs(studio)
    async with inline.running():
        job_id = await talk(studio, maker, "one", "two", "three", "four")
        await inline.start(maker, job_id)
        reading = asyncio.create_task(_all(inline, maker, job_id))
        async with asyncio.timeout(60):
            while not slow.works:
                await asyncio.sleep(0.01)
        async with studio.web_db.transaction(Acting.member(maker)) as db:
            await cancel(db, job_id)
        told = await reading
    job = await look(studio, maker, job_id)
    assert (job.state, job.charged, told_text(told)) == ("canceled", 1, "one ")
    assert await balanced(studio)


async def test_a_process_that_stops_hands_its_inline_jobs_to_a_worker(studio: Studio, maker: UUID, slow: Slow) -> None:
    slow.go_on.clear()
    inline = InlineJobs(studio)
    async with inline.running():
        job_id = await talk(studio, maker, "one", "two")
        await inline.start(maker, job_id)
        reading = asyncio.create_task(_all(inline, maker, job_id))
        async with asyncio.timeout(60):
            while not slow.works:
                await asyncio.sleep(0.01)
    assert isinstance((await reading)[-1], HandedOver)
    slow.go_on.set()
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed", seconds=60)
    assert (job.state, job.charged, job.result) == ("succeeded", 1, {"text": "one two "})


async def test_an_inline_job_whose_process_died_is_adopted_by_a_worker(studio: Studio, maker: UUID) -> None:
    """Nobody performs it: its process was killed between the commit and the first sign of life."""
    job_id = await talk(studio, maker, "one", "two")
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        db.execute("ALTER TABLE jobs DISABLE TRIGGER USER")
        db.execute("UPDATE jobs SET created_at = now() - interval '1 minute' WHERE id = %s", [job_id])
        db.execute("ALTER TABLE jobs ENABLE TRIGGER USER")
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed", seconds=60)
    assert (job.state, job.charged) == ("succeeded", 1)
    assert await balanced(studio)
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        said = db.execute("SELECT subject_id, member_id, data FROM events WHERE kind = 'job:requeued'").fetchall()
    assert said == [(job_id, maker, {"state": "queued", "reason": "process_lost"})]


async def parent(studio: Studio, member: UUID, *prompts: str) -> UUID:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return await begin(db, studio, member, JobRequest(Set.id, {"prompts": list(prompts)}))


async def children(studio: Studio, member: UUID, job_id: UUID) -> Sequence[Job]:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return (await db.execute(select(Job).where(Job.parent_id == job_id).order_by(Job.id))).scalars().all()


async def test_a_parent_of_ten_of_which_two_fail_pays_for_eight(studio: Studio, maker: UUID) -> None:
    job_id = await parent(studio, maker, *(f"picture {n}" + " bad" * (n in (3, 7)) for n in range(10)))
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed", seconds=120)
    assert (job.state, job.charged, job.result) == ("succeeded", 0, {"made": 8, "failed": ["3", "7"]})
    assert [child.state for child in await children(studio, maker, job_id)].count("succeeded") == 8
    assert await wallet(studio, maker) == (92, 0)
    assert await balanced(studio)


async def test_children_of_one_parent_do_not_delay_each_other_and_count_as_one(
    studio: Studio, maker: UUID, slow: Slow
) -> None:
    slow.go_on.clear()
    job_id = await parent(studio, maker, *(f"picture {n}" for n in range(4)))
    async with working(studio, concurrency=1):
        async with asyncio.timeout(60):
            while len(await children(studio, maker, job_id)) < 4:
                await asyncio.sleep(0.05)
        assert {child.priority for child in await children(studio, maker, job_id)} == {0}
        async with studio.web_db.transaction(Acting.member(maker)) as db:
            own = await begin(db, studio, maker, JobRequest("image.generate", {"prompt": "own", "count": 1}))
        assert (await look(studio, maker, own)).priority >= -2
        slow.go_on.set()
        await until(studio, maker, job_id, "succeeded", seconds=60)


async def test_a_parent_that_is_canceled_cancels_its_children(studio: Studio, maker: UUID, slow: Slow) -> None:
    slow.go_on.clear()
    job_id = await parent(studio, maker, "a", "b", "c", "d", "e")
    async with working(studio, concurrency=1):
        async with asyncio.timeout(60):
            while len(await children(studio, maker, job_id)) < 4 or not slow.works:
                await asyncio.sleep(0.05)
        async with studio.web_db.transaction(Acting.member(maker)) as db:
            await cancel(db, job_id)
        job = await until(studio, maker, job_id, "canceled", "succeeded", "failed", seconds=60)
    assert job.state == State.CANCELED
    assert {child.state for child in await children(studio, maker, job_id)} == {"canceled"}
    assert await wallet(studio, maker) == (100, 0)


async def test_a_parent_whose_child_cannot_be_paid_fails_and_ends_the_others(studio: Studio) -> None:
    poor = await new_member(studio, credits=2)
    job_id = await parent(studio, poor, "a", "b", "c")
    async with working(studio):
        job = await until(studio, poor, job_id, "failed", "succeeded", seconds=60)
    assert (job.state, job.error_code) == ("failed", "not_enough_credits")
    assert await children(studio, poor, job_id) == []
    assert await wallet(studio, poor) == (2, 0)


async def test_a_web_process_begins_no_child_of_a_job(studio: Studio, maker: UUID) -> None:
    job_id = await parent(studio, maker, "a")
    mine = await look(studio, maker, job_id)
    with pytest.raises(Exception, match="row-level security"):
        async with studio.web_db.transaction(Acting.member(maker)) as db:
            await begin(db, studio, maker, JobRequest("image.generate", {"prompt": "x", "count": 1}), parent=mine)

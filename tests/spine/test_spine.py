"""The spine: paid for exactly, whatever happens on the way."""

from __future__ import annotations

import asyncio
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from tests.spine.conftest import Told, balanced, claim, look, new_member, start, until, wallet, working

from atelier.assets import Asset
from atelier.base.db import Acting, libpq_url
from atelier.base.events import Event
from atelier.catalog import UnknownModel, switch
from atelier.engines import BadInput, Unavailable, Work
from atelier.jobs import Job, NoSuchJob, cancel, rules
from atelier.jobs.tables import State
from atelier.ledger import NotEnoughCredits
from atelier.spine import JobRequest, Studio, begin
from atelier.spine.begin import KeyReused
from atelier.spine.ending import Ending
from atelier.spine.finish import finish
from atelier.tools import InvalidInput, UnknownTool


async def count(studio: Studio, member: UUID, table: type) -> int:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return (await db.execute(select(func.count()).select_from(table))).scalar_one()


async def test_a_run_is_held_made_settled_and_stored(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker, count=4)
    assert await wallet(studio, maker) == (96, 4)
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded")
    assert (job.made, job.charged, job.attempt) == (4, 4, 1)
    assert await wallet(studio, maker) == (96, 0)
    assert await count(studio, maker, Asset) == 4
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        kinds = (await db.execute(select(Event.kind).where(Event.subject_id == job_id).order_by(Event.id))).scalars()
        assert list(kinds) == ["job:queued", "job:started", "job:succeeded"]
    assert await balanced(studio)


async def test_what_cannot_be_made_is_refused_with_a_reason_and_writes_nothing(studio: Studio, maker: UUID) -> None:
    async def refused(
        error: type[Exception], tool: str = "image.generate", model: str | None = None, **input: object
    ) -> None:
        with pytest.raises(error):
            async with studio.web_db.transaction(Acting.member(maker)) as db:
                await begin(db, studio, maker, JobRequest(tool, input, model))

    await refused(UnknownTool, tool="image.dream", prompt="a boat")
    await refused(UnknownModel, model="dall-e", prompt="a boat")
    await refused(InvalidInput, prompt="a boat", colour="red")
    await refused(InvalidInput, prompt="   ")
    await refused(InvalidInput, prompt="x" * 2001)
    await refused(InvalidInput, prompt="a\x00boat")
    await refused(InvalidInput, prompt="a boat", count=0)
    await refused(InvalidInput, prompt="a boat", count=9)
    await refused(InvalidInput, prompt="a boat", aspect_ratio="5:1")
    assert await count(studio, maker, Job) == 0
    assert await wallet(studio, maker) == (100, 0)


async def test_too_few_credits_write_nothing(studio: Studio) -> None:
    poor = await new_member(studio, credits=3)
    with pytest.raises(NotEnoughCredits, match="costs 4 credits and you have 3"):
        await start(studio, poor, count=4)
    assert await count(studio, poor, Job) == 0
    assert await wallet(studio, poor) == (3, 0)


async def test_each_that_already_waits_lowers_the_next_ones_priority(studio: Studio, maker: UUID) -> None:
    waiting = [await start(studio, maker, count=1) for _ in range(3)]
    assert [(await look(studio, maker, each)).priority for each in waiting] == [0, -1, -2]
    other = await start(studio, await new_member(studio), count=1)
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        queued = db.execute("SELECT args ->> 'job_id' FROM procrastinate_jobs ORDER BY priority DESC, id").fetchall()
    assert [UUID(row[0]) for row in queued] == [waiting[0], other, *waiting[1:]]


async def test_many_at_once_never_spend_more_than_there_is(studio: Studio) -> None:
    member = await new_member(studio, credits=10)
    begun = await asyncio.gather(*(start(studio, member, count=4) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(each, UUID) for each in begun) == 2
    assert sum(isinstance(each, NotEnoughCredits) for each in begun) == 4
    assert await wallet(studio, member) == (2, 8)


async def test_a_failure_gives_the_credits_back_once(studio: Studio, maker: UUID, told: Told) -> None:
    def refuse(work: Work, position: int) -> None:
        raise BadInput("That cannot be painted.")

    told.script = refuse
    job_id = await start(studio, maker, count=4)
    async with working(studio):
        job = await until(studio, maker, job_id, "failed")
    assert (job.error_code, job.error_message, job.charged, job.attempt) == (
        "bad_input",
        "That cannot be painted.",
        0,
        1,
    )
    assert await wallet(studio, maker) == (100, 0)
    assert await balanced(studio)


async def test_what_was_finished_before_a_failure_is_kept_and_paid_for(studio: Studio, maker: UUID, told: Told) -> None:
    def refuse_the_last(work: Work, position: int) -> None:
        if position == 3:
            raise BadInput("Not that one.")

    told.script = refuse_the_last
    job_id = await start(studio, maker, count=4)
    async with working(studio):
        job = await until(studio, maker, job_id, "failed")
    assert (job.made, job.charged) == (3, 3)
    assert await count(studio, maker, Asset) == 3
    assert await wallet(studio, maker) == (97, 0)


async def test_what_may_pass_is_tried_again_with_the_same_seed(studio: Studio, maker: UUID, told: Told) -> None:
    def unavailable_once(work: Work, position: int) -> None:
        if len(told.works) == 1:
            raise Unavailable("Not just now.")

    told.script = unavailable_once
    job_id = await start(studio, maker)
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded")
    assert job.attempt == 2
    assert told.works[0].input == told.works[1].input
    assert told.works[0].input["seed"] is not None


@pytest.mark.parametrize(
    "hiccup",
    [ConnectionResetError("reset by peer"), TimeoutError(), OperationalError("SELECT 1", {}, Exception("is away"))],
)
async def test_a_hiccup_of_the_database_or_the_disk_is_tried_again(
    studio: Studio, maker: UUID, told: Told, hiccup: Exception
) -> None:
    def broken_once(work: Work, position: int) -> None:
        if len(told.works) == 1:
            raise hiccup

    told.script = broken_once
    job_id = await start(studio, maker)
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed")
    assert (job.state, job.attempt) == ("succeeded", 2)
    assert await wallet(studio, maker) == (99, 0)


@pytest.mark.parametrize(("fault", "attempts"), [(OSError("the disk is broken"), 3), (ZeroDivisionError(), 1)])
async def test_what_does_not_pass_is_given_up_with_the_credits_back(
    studio: Studio, maker: UUID, told: Told, monkeypatch: pytest.MonkeyPatch, fault: Exception, attempts: int
) -> None:
    def broken(work: Work, position: int) -> None:
        raise fault

    monkeypatch.setattr(rules, "backoff", lambda attempt: 0.0)
    told.script = broken
    job_id = await start(studio, maker)
    async with working(studio):
        job = await until(studio, maker, job_id, "failed")
    assert (job.error_code, job.attempt) == ("crashed", attempts)
    assert await wallet(studio, maker) == (100, 0)


async def test_a_queued_run_is_canceled_at_once(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker, count=4)
    for _ in range(2):  # twice is the same as once
        async with studio.web_db.transaction(Acting.member(maker)) as db:
            assert (await cancel(db, job_id)).state == "canceled"
    assert await wallet(studio, maker) == (100, 0)
    later = await start(studio, maker)
    async with working(studio):  # whoever did the later one would have come to this one first
        await until(studio, maker, later, "succeeded")
    assert (await look(studio, maker, job_id)).state == "canceled"
    assert await balanced(studio)


async def test_a_running_run_is_canceled_and_pays_for_what_is_finished(studio: Studio, maker: UUID, told: Told) -> None:
    told.wait, told.wait_before = asyncio.Event(), 2
    job_id = await start(studio, maker, count=4)
    async with working(studio):
        await told.waits.wait()
        async with studio.web_db.transaction(Acting.member(maker)) as db:
            await cancel(db, job_id)
        job = await until(studio, maker, job_id, "canceled")
    assert told.canceled == 1
    assert (job.made, job.charged) == (2, 2)
    assert await wallet(studio, maker) == (98, 0)


async def test_a_deadline_ends_a_run_with_the_credits_back(studio: Studio, maker: UUID, told: Told) -> None:
    told.wait = asyncio.Event()
    job_id = await start(studio, maker)
    async with working(studio):
        job = await until(studio, maker, job_id, "failed")
    assert (job.error_code, job.charged) == ("stalled", 0)
    assert await wallet(studio, maker) == (100, 0)


async def test_a_run_that_goes_on_slowly_is_not_ended(
    studio: Studio, maker: UUID, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    real, late = loop.time, 0.0

    def slow(_work: Work, _position: int) -> None:
        nonlocal late
        late += 1.5  # of the 2 s that the model has from one step to the next

    monkeypatch.setattr(loop, "time", lambda: real() + late)
    told.script = slow
    job_id = await start(studio, maker, count=4)
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed", seconds=60)
    assert (job.state, job.error_code) == ("succeeded", None)


async def test_a_worker_that_stops_hands_its_run_to_the_next(studio: Studio, maker: UUID, told: Told) -> None:
    told.wait = asyncio.Event()
    job_id = await start(studio, maker)
    async with working(studio):
        await until(studio, maker, job_id, "running")
        asyncio.get_running_loop().call_later(0.5, told.wait.set)
    assert (await look(studio, maker, job_id)).state == "succeeded"  # it had time to finish


async def test_a_worker_that_has_no_time_left_gives_its_run_back(studio: Studio, maker: UUID, told: Told) -> None:
    told.wait = asyncio.Event()
    job_id = await start(studio, maker)
    async with working(studio, grace=0.2):
        await until(studio, maker, job_id, "running")
    job = await look(studio, maker, job_id)
    assert (job.state, job.attempt) == ("queued", 0)  # not the run's fault, so it does not count
    told.wait = None
    async with working(studio):
        await until(studio, maker, job_id, "succeeded", seconds=4)
    assert await wallet(studio, maker) == (99, 0)


async def test_a_worker_that_was_presumed_dead_cannot_finish_a_second_time(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    first = await claim(studio, maker, job_id)
    second = await claim(studio, maker, job_id)
    assert first is not None
    assert second is not None
    first.attempt = 1
    assert not await finish(studio.worker_db, first, Ending(State.FAILED, code="late", message="late"))
    assert (await look(studio, maker, job_id)).state == "running"
    assert await finish(studio.worker_db, second, Ending(State.FAILED, code="x", message="x"))
    assert not await finish(studio.worker_db, second, Ending(State.FAILED, code="x", message="x"))
    assert await wallet(studio, maker) == (100, 0)
    assert await claim(studio, maker, job_id) is None


async def test_the_same_key_gives_the_same_job_and_is_bound_to_member_and_wish(studio: Studio, maker: UUID) -> None:
    both = await asyncio.gather(start(studio, maker, key="k"), start(studio, maker, key="k"))
    assert both[0] == both[1]
    assert await wallet(studio, maker) == (99, 1)
    with pytest.raises(KeyReused):
        await start(studio, maker, count=2, key="k")
    stranger = await new_member(studio)
    assert await start(studio, stranger, key="k") != both[0]


async def test_a_model_that_is_off_takes_no_new_runs(studio: Studio, maker: UUID) -> None:
    operator = await new_member(studio)
    async with studio.operator_db.transaction(Acting.for_studio(operator)) as db:
        await switch(db, "told", on=False, by=operator)
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        with pytest.raises(UnknownModel, match="switched off"):
            await begin(db, studio, maker, JobRequest("image.generate", {"prompt": "x"}, "told"))
    assert await wallet(studio, maker) == (100, 0)
    other = await look(studio, maker, await start(studio, maker))  # who names no model gets the next that is on
    assert other.model == "other"


async def test_nobody_finds_or_cancels_anothers_run(studio: Studio, maker: UUID) -> None:
    stranger = await new_member(studio)
    job_id = await start(studio, maker)
    with pytest.raises(NoSuchJob):
        await look(studio, stranger, job_id)
    with pytest.raises(NoSuchJob):
        async with studio.web_db.transaction(Acting.member(stranger)) as db:
            await cancel(db, job_id)


async def test_one_members_hundred_runs_dont_delay_anothers_first(studio: Studio, maker: UUID, told: Told) -> None:
    for _ in range(30):
        await start(studio, maker)
    late = await new_member(studio)
    theirs = await start(studio, late)
    async with working(studio, concurrency=1):
        first = await until(studio, late, theirs, "succeeded")
        async with studio.web_db.transaction(Acting.member(maker)) as db:
            before = select(func.count()).select_from(Job).where(Job.started_at < first.started_at)
            assert (await db.execute(before)).scalar_one() <= 3

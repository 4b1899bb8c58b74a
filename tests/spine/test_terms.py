"""Terms and use: what was agreed is what is held, charged and recomputed; what breaks it costs nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from decimal import Decimal
from uuid import UUID

import hypothesis
import psycopg
import pytest
from hypothesis import strategies as st
from tests.media.recorded import recorded, tone
from tests.spine.conftest import balanced, look, maker, new_member, png, until, wallet, working
from tests.spine.conftest import settings as settings

from atelier import assets, tools
from atelier.assets.tables import Source
from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id
from atelier.base.kinds import AUDIO, IMAGE, TEXT, VIDEO
from atelier.bootstrap import open_studio
from atelier.engines import Data, Made, Measure, Output, Progress, Started, TextDelta, Unavailable, Usage, Work
from atelier.jobs import Job
from atelier.jobs.measures import measures
from atelier.settings import Settings
from atelier.spine import JobRequest, Studio, begin
from atelier.spine.begin import NoSuchAsset
from atelier.tools import Amounts, Need, Terms, Tool, ToolInput
from atelier.tools.terms import parse_rate, written

__all__ = ["maker"]

CATALOG = """
[[model]]
id = "writer"
name = "Writer"
tool = "test.write"
engine = "scripted"
licence = "MIT"
weights = "writer-1"
price = { output_tokens = "3/1000", pages = 2 }

[[model]]
id = "collage"
name = "Collage"
tool = "test.collage"
engine = "scripted"
licence = "MIT"
price = { pictures = 1 }
"""


class Write(Tool):
    """A text, priced by its tokens and pages."""

    id = "test.write"
    name = "Write"
    yields = TEXT
    units = ("output_tokens", "pages")

    class Input(ToolInput):
        words: str = ""

    def most(self, input: Input) -> Amounts:
        return {"output_tokens": 1000, "pages": 2}

    def expected(self, input: Input) -> int:
        return 0

    def title(self, input: Input) -> str:
        return "A text"


class Collage(Tool):
    """A picture made of several others."""

    id = "test.collage"
    name = "Collage"
    yields = IMAGE
    units = ("pictures",)

    class Input(ToolInput):
        pictures: list[UUID] = []
        sounds: list[UUID] = []
        count: int = 1

    def most(self, input: Input) -> Amounts:
        return {"pictures": input.count}

    def expected(self, input: Input) -> int:
        return input.count

    def needs(self, input: Input) -> Sequence[Need]:
        return (
            Need("pictures", input.pictures, (IMAGE,)),
            Need("sounds", input.sounds, (AUDIO, VIDEO)),
        )

    def title(self, input: Input) -> str:
        return "A collage"


class Scripted:
    """An engine that yields what a test gives it."""

    def __init__(self) -> None:
        self.works: list[Work] = []
        self.script: Callable[[Work], Iterator[object]] = lambda work: iter(())

    async def make(self, work: Work) -> AsyncGenerator[Made, None]:
        self.works.append(work)
        for made in self.script(work):
            yield made  # type: ignore[misc]  # some tests yield what no engine may

    async def close(self) -> None:
        return


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
async def studio(settings: Settings, scripted: Scripted) -> AsyncIterator[Studio]:
    (settings.home / "catalog.toml").write_text(CATALOG)
    for tool in (Write(), Collage()):
        tools.offer(tool)
    async with open_studio(settings, engines={"scripted": lambda: scripted}) as opened:
        yield opened
    for name in (Write.id, Collage.id):
        tools.withdraw(name)


async def start(studio: Studio, member: UUID, tool: str = "test.write", **input: object) -> UUID:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return await begin(db, studio, member, JobRequest(tool, input))


async def run(studio: Studio, member: UUID, tool: str = "test.write", **input: object) -> Job:
    job_id = await start(studio, member, tool, **input)
    async with working(studio):
        return await until(studio, member, job_id, "succeeded", "failed")


async def bring(studio: Studio, member: UUID, content_type: str) -> UUID:
    data = {"image/png": png(), "audio/wav": tone(), "video/webm": recorded("webm")}[content_type]
    kept = await assets.keep(studio.assets.store, member, data, content_type)
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return (await assets.add(db, kept, source=Source.UPLOADED)).id


async def test_the_most_is_held_and_the_use_is_charged_rounded_once(
    studio: Studio, maker: UUID, scripted: Scripted
) -> None:
    scripted.script = lambda work: iter(
        [TextDelta("Once "), Usage({"output_tokens": 100}), TextDelta("more."), Usage({"output_tokens": 3, "pages": 1})]
    )
    job_id = await start(studio, maker)
    assert await wallet(studio, maker) == (93, 7)  # 1000 × 0.003 + 2 × 2
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed")
    assert (job.state, job.charged, job.used) == ("succeeded", 3, {"output_tokens": 103, "pages": 1})  # 2.309
    assert job.result == {"text": "Once more."}
    assert await wallet(studio, maker) == (97, 0)
    assert await balanced(studio)


async def test_what_the_work_cost_the_operator_stands_beside_its_price(
    studio: Studio, maker: UUID, scripted: Scripted
) -> None:
    scripted.script = lambda work: iter([Usage({"pages": 1}, {"usd_micro": 900}), Usage(cost={"usd_micro": 100})])
    assert (await run(studio, maker)).cost == {"usd_micro": 1000}


async def test_terms_are_frozen_when_the_job_begins(
    studio: Studio, maker: UUID, scripted: Scripted, settings: Settings
) -> None:
    scripted.script = lambda work: iter([Usage({"pages": 1})])
    job_id = await start(studio, maker)
    dearer = CATALOG.replace("pages = 2", "pages = 50").replace("writer-1", "writer-2")
    (settings.home / "catalog.toml").write_text(dearer)
    studio.catalog.look()
    assert studio.catalog.current.find("writer").weights == "writer-2"
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded")
    assert job.charged == 2
    assert scripted.works[0].terms.weights == str(studio.engines.place("writer-1"))


@pytest.mark.parametrize(
    ("tool", "script"),
    [
        ("test.write", lambda work: [Usage({"output_tokens": 1001})]),
        ("test.write", lambda work: [Usage({"pages": -1})]),
        (
            "test.write",
            lambda work: [Usage({"pages": 0.5})],  # type: ignore[dict-item]  # what an engine must not do
        ),
        ("test.write", lambda work: [work.output(0, png(), "image/png")]),
        ("test.write", lambda work: ["text"]),
        ("test.collage", lambda work: [TextDelta("text")]),
        ("test.collage", lambda work: [work.output(0, png(), "image/png"), work.output(1, png(), "image/png")]),
        ("test.collage", lambda work: [work.output(0, png(), "image/png"), work.output(0, png(), "image/png")]),
        ("test.collage", lambda work: [work.output(0, b"RIFF", "audio/wav")]),
        ("test.collage", lambda work: [Output(0, work.folder.parent.parent / "catalog.toml", "image/png")]),
        ("test.collage", lambda work: [Output(0, work.folder / "nowhere", "image/png")]),
        ("test.collage", lambda work: [Progress(1, 1, 1), work.output(0, png(), "image/png")]),
    ],
    ids=[
        *("more than agreed", "less than nothing", "half a page", "a file of a text", "no result", "text of a picture"),
        *("too many", "one twice", "another kind", "a file of the studio", "a missing file", "progress of no file"),
    ],
)
async def test_an_engine_that_breaks_its_contract_fails_the_job_with_the_credits_back(
    studio: Studio, maker: UUID, scripted: Scripted, tool: str, script: Callable[[Work], list[object]]
) -> None:
    scripted.script = lambda work: iter(script(work))
    job = await run(studio, maker, tool)
    assert (job.state, job.error_code, job.attempt) == ("failed", "engine_broke_contract", 1)
    assert (job.charged, job.made) == (0, 0)
    assert "scripted" in str(job.error_message)
    assert await wallet(studio, maker) == (100, 0)
    assert await balanced(studio)


async def test_an_engine_gets_several_files_of_several_kinds(studio: Studio, maker: UUID, scripted: Scripted) -> None:
    first, second = await bring(studio, maker, "image/png"), await bring(studio, maker, "image/png")
    sound, film = await bring(studio, maker, "audio/wav"), await bring(studio, maker, "video/webm")
    seen: dict[str, list[tuple[bytes, str]]] = {}

    def look_at(work: Work) -> Iterator[object]:
        for name, given in work.files.items():
            seen[name] = [(each.path.read_bytes()[:4], each.content_type) for each in given]
        yield work.output(0, png(), "image/png")

    scripted.script = look_at
    job = await run(studio, maker, "test.collage", pictures=[str(second), str(first)], sounds=[str(sound), str(film)])
    assert (job.state, job.charged) == ("succeeded", 1)
    assert seen == {
        "pictures": [(b"\x89PNG", "image/png")] * 2,
        "sounds": [(b"RIFF", "audio/wav"), (b"\x1aE\xdf\xa3", "video/webm")],
    }
    assert not any((studio.home / "scratch").iterdir())


async def test_a_need_takes_only_the_members_own_files_of_its_kinds(studio: Studio, maker: UUID) -> None:
    theirs = await bring(studio, await new_member(studio), "image/png")
    picture = await bring(studio, maker, "image/png")
    for field, asset in (("pictures", theirs), ("sounds", picture), ("pictures", new_id())):
        with pytest.raises(NoSuchAsset) as refused:
            await start(studio, maker, "test.collage", **{field: [str(picture), str(asset)][field == "sounds" :]})
        assert refused.value.field == field
    assert await wallet(studio, maker) == (100, 0)


async def test_a_second_attempt_resumes_where_the_first_one_started(
    studio: Studio, maker: UUID, scripted: Scripted
) -> None:
    def remote(work: Work) -> Iterator[object]:
        if work.resume is None:
            yield Started("prediction-7")
            raise Unavailable("The connection was lost.")
        yield Usage({"pages": 1})

    scripted.script = remote
    job = await run(studio, maker)
    assert (job.state, job.attempt, job.reference) == ("succeeded", 2, "prediction-7")
    assert [work.resume for work in scripted.works] == [None, "prediction-7"]


async def test_data_and_measured_series_are_kept(studio: Studio, maker: UUID, scripted: Scripted) -> None:
    scripted.script = lambda work: iter(
        [Measure("loss", 0, 2.0), Measure("loss", 10, 1.0), Measure("loss", 20, float("nan")), Data({"words": [1]})]
    )
    job = await run(studio, maker)
    assert (job.result, job.charged) == ({"data": {"words": [1]}}, 0)
    stranger = await new_member(studio)
    for member, steps in ((maker, [0, 10]), (stranger, [])):
        async with studio.web_db.transaction(Acting.member(member)) as db:
            found = await measures(db, job.id)
        assert [point.step for point in found.get("loss", [])] == steps


async def test_a_job_of_a_tool_that_is_gone_fails_with_the_credits_back(studio: Studio, maker: UUID) -> None:
    job_id = await start(studio, maker)
    tools.withdraw("test.write")
    async with working(studio):
        job = await until(studio, maker, job_id, "failed")
    assert (job.error_code, job.charged) == ("unreadable", 0)
    assert await wallet(studio, maker) == (100, 0)


async def test_the_database_computes_the_same_price(studio: Studio, maker: UUID) -> None:
    job = await look(studio, maker, await start(studio, maker))
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        for used in ({}, {"pages": 1}, {"output_tokens": 1}, {"output_tokens": 667, "pages": 2}, {"unknown": 5}):
            row = db.execute(
                "SELECT terms_price(terms, %s::jsonb) FROM jobs WHERE id = %s", [psycopg.types.json.Json(used), job.id]
            ).fetchone()
            assert row == (Terms.from_json(job.terms).charge(used),)


RATES = st.decimals(min_value=0, max_value=1_000_000, places=9)


@hypothesis.given(
    st.dictionaries(st.sampled_from("abc"), RATES), st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10**9))
)
def test_a_charge_is_the_exact_price_rounded_up_once(rates: dict[str, Decimal], used: dict[str, int]) -> None:
    terms = Terms("e", rates=rates, most=used, deadline=1)
    exact = sum(int(rates.get(unit, Decimal(0)).scaleb(9)) * amount for unit, amount in used.items())
    assert terms.charge(used) == -(-exact // 10**9)
    assert Terms.from_json(terms.to_json()).charge(used) == terms.charge(used)


@hypothesis.given(RATES)
def test_a_rate_is_written_as_it_is_read(rate: Decimal) -> None:
    assert parse_rate(written(rate)) == rate

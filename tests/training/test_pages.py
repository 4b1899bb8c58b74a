"""The page of personal models (A2, D15, C8): photos checked with reasons, consent, and the run that it begins."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select
from tests.roles import ORIGIN, Person, move_in
from tests.spine.conftest import CATALOG, Told, told
from tests.spine.conftest import settings as spine_settings

from atelier import assets, ledger
from atelier.app import create_app
from atelier.base.db import Acting
from atelier.bootstrap import open_studio
from atelier.jobs import Job
from atelier.jobs.measures import JobMeasure
from atelier.settings import Settings
from atelier.spine import Studio
from atelier.tools.model_train import CONSENT

__all__ = ["spine_settings", "told"]
TRAINER = (
    '[[model]]\nid = "trainer"\nname = "Trainer"\ntool = "model.train"\nengine = "told"\nfamily = "flux"\n'
    'weights = "w"\nlicence = "MIT"\nprice = { steps = "1/100" }\n'
)


@pytest.fixture
def settings(spine_settings: Settings) -> Settings:
    (spine_settings.home / "catalog.toml").write_text(CATALOG + TRAINER)
    return spine_settings.model_copy(update={"url": ORIGIN})


@pytest.fixture
async def studio(settings: Settings, told: Told) -> AsyncIterator[Studio]:
    async with open_studio(settings, engines={"told": lambda: told, "other": Told}) as opened:
        yield opened


@pytest.fixture
async def person(studio: Studio) -> AsyncIterator[Person]:
    app = create_app(studio)
    async with studio.signals.running():
        made = await move_in(app, studio.web_db, "Maker")
        async with studio.operator_db.transaction(Acting.for_studio()) as db:
            await ledger.grant(db, member_id=made.member_id, amount=100, key="test", memo="for a test")
        async with made.client:
            yield made


async def bring(studio: Studio, person: Person, colour: str = "red", size: int = 300) -> UUID:
    out = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(out, "PNG")
    kept = await assets.keep(studio.assets.store, person.member_id, out.getvalue(), "image/png")
    async with studio.web_db.transaction(Acting.member(person.member_id)) as db:
        return (await assets.add(db, kept, title=colour)).id


async def five(studio: Studio, person: Person) -> list[str]:
    return [str(await bring(studio, person, colour)) for colour in ("red", "blue", "green", "teal", "gold")]


async def runs(studio: Studio, person: Person) -> list[Job]:
    async with studio.web_db.transaction(Acting.member(person.member_id)) as db:
        return list((await db.execute(select(Job))).scalars())


async def test_with_too_few_photos_the_page_says_how_many_it_takes(studio: Studio, person: Person) -> None:
    assert "Bring at least 5 photos first" in (await person.client.get("/train")).text


async def test_a_training_begins_with_the_photos_the_word_and_the_consent(studio: Studio, person: Person) -> None:
    photos = await five(studio, person)
    page = (await person.client.get("/train")).text
    assert all(photo in page for photo in photos)
    assert "from 5 photos: 12 credits" in page
    form = {"photos": photos, "trigger": "Zoe", "subject": "person", "agreed": "yes", "steps": "200"}
    answer = await person.client.post("/train", data=form)
    assert answer.status_code == 303
    [job] = await runs(studio, person)
    assert answer.headers["location"] == f"/jobs/{job.id}"
    assert (job.tool, job.title, job.price) == ("model.train", "zoe", 2)
    assert job.input["photos"] == photos
    assert (job.input["trigger"], job.input["consent"], job.input["lora_rank"]) == ("zoe", CONSENT, 32)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"agreed": ""}, "Without consent no person is trained"),
        ({"trigger": "Zo é"}, "Trigger takes 3 to 31 small letters and digits, and begins with a letter."),
        ({"photos": []}, "Photos"),
        ({"steps": "5"}, "Steps must be at least 10"),
        ({"steps": "many"}, "Steps"),
    ],
)
async def test_what_is_wrong_stands_at_its_field_and_nothing_begins(
    studio: Studio, person: Person, wrong: dict[str, object], said: str
) -> None:
    form = {"photos": await five(studio, person), "trigger": "zoe", "subject": "person", "agreed": "yes", **wrong}
    answer = await person.client.post("/train", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert await runs(studio, person) == []


async def test_photos_that_are_too_small_or_the_same_are_not_taken(studio: Studio, person: Person) -> None:
    photos = await five(studio, person)
    small, same = str(await bring(studio, person, "gray", 100)), str(await bring(studio, person, "red"))
    page = (await person.client.get("/train")).text
    assert "too small" in page
    assert "the same photo as another one" in page
    for odd, said in ((small, "too small"), (same, "the same photo")):
        form = {"photos": [*photos, odd], "trigger": "zoe", "subject": "style"}
        answer = await person.client.post("/train", data=form)
        assert answer.status_code == 422
        assert said in answer.text
    assert await runs(studio, person) == []


async def test_anothers_photos_are_not_there(studio: Studio, person: Person) -> None:
    other = await move_in(create_app(studio), studio.web_db, "Stranger")
    async with other.client:
        theirs = str(await bring(studio, other))
    form = {"photos": [*(await five(studio, person)), theirs], "trigger": "zoe", "subject": "style"}
    answer = await person.client.post("/train", data=form)
    assert answer.status_code == 404
    assert "not in your library" in answer.text
    assert await runs(studio, person) == []


async def test_the_run_shows_its_loss_as_a_line(studio: Studio, person: Person) -> None:
    form = {"photos": await five(studio, person), "trigger": "zoe", "subject": "style"}
    await person.client.post("/train", data=form)
    [job] = await runs(studio, person)
    assert 'class="plot"' not in (await person.client.get(f"/jobs/{job.id}")).text
    async with studio.worker_db.transaction(Acting.member(person.member_id)) as db:
        for step, value in ((10, 0.9), (20, 0.5), (30, 0.6)):
            db.add(JobMeasure(job_id=job.id, name="loss", step=step, member_id=person.member_id, value=value))
    page = (await person.client.get(f"/jobs/{job.id}")).text
    assert 'd="M0.00 0.00L50.00 100.00L100.00 75.00"' in page


async def test_the_pages_of_runs_show_a_run_that_begins_with_no_picture(studio: Studio, person: Person) -> None:
    answer = await person.client.post("/make/image.generate", data={"prompt": "a boat", "count": "1"})
    assert answer.status_code == 303
    [job] = await runs(studio, person)
    assert job.input["image"] is None
    for address in ("/jobs", f"/jobs/{job.id}", "/make/image.generate"):
        assert (await person.client.get(address)).status_code == 200, address

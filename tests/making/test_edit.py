"""Edits of a picture (B1): whose picture it may be, how it reaches the engine, and the page that asks for it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from uuid import UUID

import httpx
import pytest
from tests.making.test_api import program
from tests.media.recorded import tone
from tests.roles import ORIGIN, Person, browser, move_in
from tests.spine.conftest import CATALOG, Told, balanced, look, new_member, png, until, wallet, working

from atelier import assets
from atelier.app import create_app
from atelier.assets import change
from atelier.assets.tables import Source
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.bootstrap import open_studio
from atelier.jobs import State
from atelier.settings import Settings
from atelier.spine import JobRequest, Studio, begin
from atelier.spine.begin import NoSuchAsset

EDITOR = (
    '[[model]]\nid = "editor"\nname = "Editor"\ntool = "image.edit"\nengine = "told"\nfamily = "flux-kontext"\n'
    'weights = "w"\nlicence = "MIT"\nprice = { pictures = 3 }\nunderstands = "Plain words."\ndefaults = { steps = 9 }\n'
    'words = { Both = ["make it blue"] }\n'
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    (settings.home / "catalog.toml").write_text(CATALOG + EDITOR)
    return settings.model_copy(update={"url": ORIGIN})


async def bring(studio: Studio, member: UUID, content_type: str = "image/png") -> UUID:
    """A picture in a member's library."""
    data = tone() if content_type.startswith("audio/") else png()
    kept = await assets.keep(studio.assets.store, member, data, content_type)
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return (await assets.add(db, kept, title="A red square", source=Source.UPLOADED)).id


async def delete(studio: Studio, member: UUID, picture: UUID) -> None:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        await change.delete(db, member, [picture])


async def edit(studio: Studio, member: UUID, picture: object, **more: object) -> UUID:
    wish = JobRequest("image.edit", {"image": str(picture), "instruction": "Make it blue", **more})
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return await begin(db, studio, member, wish)


async def test_the_engine_gets_the_picture_and_knows_the_family(studio: Studio, maker: UUID, told: Told) -> None:
    job_id = await edit(studio, maker, await bring(studio, maker), count=2)
    assert await wallet(studio, maker) == (94, 6)
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed")
    assert (job.state, job.charged, job.title) == (State.SUCCEEDED, 6, "Make it blue")
    (work,) = told.works
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        reference = await assets.get(db, UUID(job.input["image"]))
    ((given,),) = work.files.values()
    assert (given.path.read_bytes(), given.content_type) == (await studio.assets.store.get(reference.path), "image/png")
    assert (work.terms.family, work.terms.weights, work.input["steps"]) == (
        "flux-kontext",
        str(studio.engines.place("w")),
        9,
    )


async def test_anothers_picture_a_deleted_one_and_none_are_all_not_there(studio: Studio, maker: UUID) -> None:
    stranger = await new_member(studio)
    theirs, gone, sound = (
        await bring(studio, stranger),
        await bring(studio, maker),
        await bring(studio, maker, "audio/wav"),
    )
    await delete(studio, maker, gone)
    for picture in (theirs, gone, sound, new_id()):
        with pytest.raises(NoSuchAsset) as refused:
            await edit(studio, maker, picture)
        assert refused.value.message == "That picture is not in your library. Nothing was charged."
    assert await wallet(studio, maker) == (100, 0)


async def test_a_picture_that_is_deleted_while_its_run_waits_fails_it_with_the_credits_back(
    studio: Studio, maker: UUID, told: Told
) -> None:
    picture = await bring(studio, maker)
    job_id = await edit(studio, maker, picture)
    await delete(studio, maker, picture)
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed")
    assert (job.state, job.error_code, told.works) == (State.FAILED, "unknown_asset", [])
    assert await wallet(studio, maker) == (100, 0)
    assert await balanced(studio)


async def test_an_edit_is_repeatable_from_what_it_leaves(studio: Studio, maker: UUID) -> None:
    picture = await bring(studio, maker)
    first = await edit(studio, maker, picture)
    async with working(studio):
        job = await until(studio, maker, first, "succeeded")
        again = await look(studio, maker, await edit(studio, maker, **_repeat(job.input)))
    assert again.input == job.input
    assert again.input["seed"] is not None


def _repeat(input: dict[str, object]) -> dict[str, object]:
    return {"picture": input["image"], **{name: value for name, value in input.items() if name != "image"}}


@pytest.mark.parametrize(
    ("image", "status", "code"),
    [("none", 422, "invalid_input"), (None, 422, "invalid_input"), (str(new_id()), 404, "unknown_asset")],
    ids=["no id", "missing", "nobody's"],
)
async def test_programs_are_told_what_is_wrong_with_the_picture(
    studio: Studio, maker: UUID, image: str | None, status: int, code: str
) -> None:
    wish = {"instruction": "Make it blue"} | ({"image": image} if image else {})
    async with await program(studio, maker) as api:
        answer = await api.post("/api/v1/jobs", json={"tool": "image.edit", "input": wish})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, "image")


@pytest.fixture
async def person(studio: Studio) -> AsyncIterator[Person]:
    app = create_app(studio)
    async with studio.signals.running():
        made = await move_in(app, studio.web_db, "Maker")
        async with made.client:
            yield made


async def page(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_form_offers_the_newest_pictures_and_takes_the_one_that_is_asked_for(
    studio: Studio, person: Person
) -> None:
    old, new = await bring(studio, person.member_id), await bring(studio, person.member_id)
    for _ in range(8):
        await bring(studio, person.member_id)
    html = await page(person.client, "/make/image.edit")
    assert html.count('name="image"') == 8
    assert "checked" not in html.partition("data-strip")[2].partition("</fieldset>")[0]
    html = await page(person.client, f"/make/image.edit?image={old}")
    strip = html.partition("data-strip")[2].partition("</fieldset>")[0]
    assert strip.count('name="image"') == 8
    assert f'value="{old}"' in strip
    assert strip.count("checked") == 1
    assert f'href="/make/image.edit?image={new}"' in await page(person.client, f"/library/{new}")
    assert "What Editor understands" in html
    assert 'data-word-add="make it blue"' in html


@pytest.mark.parametrize(("limits", "most"), [("", 20_000_000), ("image.megabytes=3", 3_000_000)])
async def test_the_form_knows_the_most_that_a_picture_may_have(settings: Settings, limits: str, most: int) -> None:
    settings = settings.model_copy(update={"file_limits": limits})
    async with open_studio(settings, engines={"told": Told, "other": Told}) as studio:
        person = await move_in(create_app(studio), studio.web_db, "Mara")
        async with person.client as client:
            html = await page(client, "/make/image.edit")
    found = re.search(r'data-limit="([^"]+)"', html)
    assert found
    limit = json.loads(unescape(found[1]))
    assert limit["most"] == most
    assert f"{most // 1_000_000}.0 MB" in limit["large"]


async def test_anothers_picture_is_not_shown_and_not_taken_by_the_form(studio: Studio, person: Person) -> None:
    theirs = await bring(studio, await new_member(studio))
    html = await page(person.client, f"/make/image.edit?image={theirs}")
    assert str(theirs) not in html
    assert "not in your library any more" in html
    typed = {"image": str(theirs), "instruction": "Make it blue", "model": "editor"}
    answer = await person.client.post("/make/image.edit", data=typed)
    assert answer.status_code == 404
    assert "That picture is not in your library. Nothing was charged." in answer.text
    assert ">Make it blue</textarea>" in answer.text
    answer = await person.client.post("/make/image.edit", data={"instruction": "Make it blue"})
    assert "Choose a picture first." in answer.text


async def test_the_choices_are_the_members_pictures_and_nobody_elses(studio: Studio, person: Person) -> None:
    mine, theirs = await bring(studio, person.member_id), await bring(studio, await new_member(studio))
    html = await page(person.client, "/library/choices?q=red")
    assert f'data-choice="{mine}"' in html
    assert str(theirs) not in html
    assert "Nothing here answers to that." in await page(person.client, "/library/choices?q=boat")
    assert (await person.client.get("/library/choices?cursor=nonsense")).status_code == 422


async def test_without_scripts_a_picture_that_is_brought_comes_back_to_the_form(person: Person) -> None:
    files = {"file": ("square.png", png(), "image/png")}
    answer = await person.client.post("/library/uploads?tool=image.edit", files=files)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/make/image.edit?image=")
    answer = await person.client.post("/library/uploads?tool=//evil.example", files=files)
    assert answer.status_code == 422


async def test_where_nothing_can_edit_the_page_says_so_and_nothing_leads_there(studio: Studio, person: Person) -> None:
    picture = await bring(studio, person.member_id)
    assert 'href="/make/image.edit"' in await page(person.client, "/library")
    (studio.home / "catalog.toml").write_text(CATALOG)
    studio.catalog.look()
    assert "No model for this is switched on just now." in await page(person.client, "/make/image.edit")
    assert "/make/image.edit" not in await page(person.client, f"/library/{picture}")


async def test_a_browser_that_is_signed_out_chooses_nothing(studio: Studio) -> None:
    async with studio.signals.running(), browser(create_app(studio)) as visitor:
        assert (await visitor.get("/library/choices")).status_code in (303, 401)


async def test_a_run_of_words_alone_has_its_card_although_it_could_begin_with_a_picture(person: Person) -> None:
    answer = await person.client.post(
        "/make/image.generate", data={"prompt": "a red boat"}, headers={"HX-Request": "true", "Origin": ORIGIN}
    )
    assert (answer.status_code, "<run-card" in answer.text) == (201, True)

"""Retouching: free of charge, through the spine like everything else, and refused with a sentence at its field."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from uuid import UUID

import pytest
from PIL import ExifTags, Image
from tests.roles import ORIGIN, move_in
from tests.spine.conftest import balanced, new_member, until, wallet, working

from atelier import assets
from atelier.app import create_app
from atelier.assets.intake import accept
from atelier.assets.keep import keep_laid
from atelier.assets.lineage import uses_of, versions_of
from atelier.assets.tables import Source
from atelier.base.db import Acting
from atelier.bootstrap import open_studio
from atelier.jobs import State
from atelier.settings import Settings
from atelier.spine import JobRequest, Studio, begin
from atelier.tools import InvalidInput

RETOUCH = (
    '[[model]]\nid = "retouch"\nname = "Retouch"\ntool = "image.retouch"\nengine = "retouch"\n'
    'licence = "MIT"\nprice = {}\n'
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    (settings.home / "catalog.toml").write_text(RETOUCH)
    return settings.model_copy(update={"url": ORIGIN})


@pytest.fixture
async def studio(settings: Settings) -> AsyncIterator[Studio]:
    async with open_studio(settings) as opened:
        yield opened


async def bring(studio: Studio, member: UUID, data: bytes, content_type: str = "image/png") -> UUID:
    kept = await assets.keep(studio.assets.store, member, data, content_type)
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return (await assets.add(db, kept, title="A picture", source=Source.UPLOADED)).id


def png(width: int, height: int, colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


async def retouch(studio: Studio, member: UUID, picture: UUID, operations: object, **more: object) -> UUID:
    wish = JobRequest("image.retouch", {"image": str(picture), "operations": operations, **more})
    async with studio.web_db.transaction(Acting.member(member)) as db:
        return await begin(db, studio, member, wish)


async def test_a_member_without_any_credits_gets_it_free_of_charge(studio: Studio) -> None:
    poor = await new_member(studio, credits=0)
    picture = await bring(studio, poor, png(80, 60))
    crop = [{"do": "crop", "left": 10, "top": 5, "width": 40, "height": 20}, {"do": "turn", "degrees": 90}]
    job_id = await retouch(studio, poor, picture, json.dumps(crop))
    async with working(studio):
        job = await until(studio, poor, job_id, "succeeded", "failed")
    assert (job.state, job.price, job.charged, job.made) == (State.SUCCEEDED, 0, 0, 1), job.error_message
    async with studio.web_db.transaction(Acting.member(poor)) as db:
        (made,) = await uses_of(db, picture)
    assert (made.width, made.height) == (20, 40)
    assert await wallet(studio, poor) == (0, 0)
    assert await balanced(studio)


async def test_a_crop_outside_the_picture_fails_with_its_sizes(studio: Studio, maker: UUID) -> None:
    picture = await bring(studio, maker, png(80, 60))
    job_id = await retouch(studio, maker, picture, [{"do": "crop", "width": 81, "height": 60}])
    async with working(studio):
        job = await until(studio, maker, job_id, "succeeded", "failed")
    assert (job.state, job.error_code) == (State.FAILED, "bad_input")
    assert "81 × 60 pixels, and the picture has 80 × 60" in (job.error_message or "")


@pytest.mark.parametrize(
    ("operations", "field"),
    [
        ([], "operations"),
        ("no json", "operations"),
        ([{"do": "explode"}], "operations"),
        ([{"do": "levels", "black": 9, "white": 9}], "operations"),
        ([{"do": "turn", "degrees": 45}], "operations"),
        ([{"do": "blur"}], None),
    ],
    ids=["none", "no list", "unknown", "levels", "turn", "no mask"],
)
async def test_bad_lists_are_refused(studio: Studio, maker: UUID, operations: object, field: str | None) -> None:
    picture = await bring(studio, maker, png(8, 8))
    with pytest.raises(InvalidInput) as refused:
        await retouch(studio, maker, picture, operations)
    assert refused.value.field == field


async def test_a_mask_of_another_size_is_refused_with_both(studio: Studio, maker: UUID) -> None:
    picture, mask = await bring(studio, maker, png(80, 60)), await bring(studio, maker, png(60, 80))
    with pytest.raises(InvalidInput, match=r"60 × 80 pixels and the picture 80 × 60") as refused:
        await retouch(studio, maker, picture, [{"do": "inpaint"}], mask=str(mask))
    assert refused.value.field == "mask"


async def test_pictures_of_every_kind_can_be_retouched_once_the_library_has_them(studio: Studio, maker: UUID) -> None:
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    deep, cmyk, sideways, palette, moving = (io.BytesIO() for _ in range(5))
    Image.new("I;16", (40, 20), 40_000).save(deep, "PNG")
    Image.new("CMYK", (40, 20), (0, 255, 255, 0)).save(cmyk, "JPEG")
    Image.new("RGB", (40, 20), "blue").save(sideways, "JPEG", exif=turned)
    Image.new("RGB", (40, 20), "green").convert("P").save(palette, "PNG")
    frames = [Image.new("RGB", (40, 20), colour) for colour in ("white", "black")]
    frames[0].save(moving, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    sizes = {}
    async with working(studio):
        for name, file in {
            "deep": deep,
            "cmyk": cmyk,
            "sideways": sideways,
            "palette": palette,
            "moving": moving,
        }.items():
            with tempfile.TemporaryFile() as sent:
                sent.write(file.getvalue())
                brought = await accept(studio.assets.store, maker, sent, studio.assets.limits)
            with closing(brought.laid) as laid:
                kept = await keep_laid(studio.assets.store, maker, laid, settings=brought.settings)
            async with studio.web_db.transaction(Acting.member(maker)) as db:
                picture = (await assets.add(db, kept, title=name, source=Source.UPLOADED)).id
            job_id = await retouch(studio, maker, picture, [{"do": "colour", "brightness": 0.5}])
            job = await until(studio, maker, job_id, "succeeded", "failed")
            assert job.state == State.SUCCEEDED, (name, job.error_message)
            async with studio.web_db.transaction(Acting.member(maker)) as db:
                (made,) = await uses_of(db, picture)
            sizes[name] = (made.width, made.height)
    assert sizes.pop("sideways") == (20, 40)
    assert set(sizes.values()) == {(40, 20)}


async def test_versions_form_a_tree_from_the_first_picture_and_are_nobody_elses(studio: Studio, maker: UUID) -> None:
    first = await bring(studio, maker, png(80, 60))
    turned = [{"do": "turn", "degrees": 90}]
    made: list[UUID] = []
    async with working(studio):
        for source in (first, None, first):  # the second is made of the first one's result
            job_id = await retouch(studio, maker, source or made[0], turned)
            await until(studio, maker, job_id, "succeeded")
            async with studio.web_db.transaction(Acting.member(maker)) as db:
                made.append((await uses_of(db, source or made[0]))[0].id)
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        for any_of_them in (first, *made):
            tree = [(version.asset.id, version.depth) for version in await versions_of(db, any_of_them)]
            assert tree == [(first, 0), (made[0], 1), (made[1], 2), (made[2], 1)]
    async with studio.web_db.transaction(Acting.member(await new_member(studio))) as db:
        assert await versions_of(db, first) == []


async def test_the_editor_is_the_page_of_retouching_and_shows_only_ones_own(studio: Studio) -> None:
    app = create_app(studio)
    async with studio.signals.running():
        owner, stranger = [await move_in(app, studio.web_db, name) for name in ("Owner", "Stranger")]
        picture = await bring(studio, owner.member_id, png(80, 60))
        async with owner.client as mine, stranger.client as theirs:
            page = await mine.get(f"/edit/{picture}")
            assert page.status_code == 200
            assert "free of charge" in page.text
            assert (await theirs.get(f"/edit/{picture}")).status_code == 404
            went = await mine.get(f"/make/image.retouch?image={picture}")
            assert (went.status_code, went.headers["location"]) == (303, f"/edit/{picture}")

"""Keeping: a file is in the store and then in the library, once, whole, with its settings inside."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from tests.assets.conftest import SETTINGS, files, job_of, picture
from tests.roles import Person

from atelier.assets import Asset, Store, add, keep
from atelier.base import events
from atelier.base.db import Acting, Database
from atelier.media.imprint import read_settings


async def test_a_made_picture_lies_in_the_store_and_in_the_library(
    worker_db: Database, web_db: Database, store: Store, folder: Path, maker: Person
) -> None:
    kept = await keep(store, maker.member_id, picture(size=(1200, 900)), "image/png", settings=SETTINGS)
    async with worker_db.transaction(Acting.for_studio()) as db:
        start = await events.here(db)
        await add(db, kept, job_id=await job_of(db, maker.member_id), position=2, title="A red boat\non\x00 a sea ")
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        asset = (await db.execute(select(Asset))).scalar_one()
        facts = [event for _, event in await events.after(db, start)]
    assert (asset.title, asset.position, asset.width, asset.height) == ("A red boat on a sea", 2, 1200, 900)
    assert (asset.kind, asset.source, asset.tool, asset.model) == ("image", "made", "image.generate", "sketch")
    assert [(fact.kind, fact.subject_id) for fact in facts] == [("asset:added", asset.id)]

    written = (folder / asset.path).read_bytes()
    assert hashlib.sha256(written).hexdigest() == asset.sha256
    assert len(written) == asset.bytes
    assert read_settings(written) == asset.settings == SETTINGS
    assert asset.thumb_path is not None
    with Image.open(folder / asset.thumb_path) as thumb:
        assert (thumb.format, thumb.size) == ("WEBP", (512, 384))
    assert asset.path.startswith(f"{maker.member_id}/{asset.created_at:%Y/%m}/{asset.id}.")
    assert len(files(folder)) == 2


async def test_an_output_is_in_the_library_once(worker_db: Database, store: Store, maker: Person) -> None:
    first, second = [await keep(store, maker.member_id, picture(), "image/png") for _ in range(2)]
    async with worker_db.transaction(Acting.for_studio()) as db:
        job = await job_of(db, maker.member_id)
        a = await add(db, first, job_id=job, position=0)
        b = await add(db, second, job_id=job, position=0)
        assert a.id == b.id == first.id
        assert (await db.execute(select(func.count()).select_from(Asset))).scalar_one() == 1


async def test_other_files_have_no_thumbnail(worker_db: Database, store: Store, folder: Path, maker: Person) -> None:
    kept = await keep(store, maker.member_id, b"Once upon a time", "text/plain")
    async with worker_db.transaction(Acting.for_studio()) as db:
        asset = await add(db, kept)
    assert (asset.kind, asset.thumb_path, asset.width) == ("text", None, None)
    assert (folder / asset.path).read_bytes() == b"Once upon a time"


async def test_members_see_and_change_only_their_own(
    web_db: Database, store: Store, maker: Person, stranger: Person
) -> None:
    kept = await keep(store, maker.member_id, picture(), "image/png")
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        await add(db, kept, title="Mine")
    for acting in (
        Acting.member(stranger.member_id),
        Acting.nobody(),
        Acting(studio=True),
        Acting.knocking(str(kept.id)),
    ):
        async with web_db.transaction(acting) as db:
            assert (await db.execute(select(Asset).where(Asset.id == kept.id))).all() == []
            changed = update(Asset).where(Asset.id == kept.id).values(title="Theirs")
            assert (await db.execute(changed)).rowcount == 0  # type: ignore[attr-defined]
            assert (await db.execute(text("SELECT * FROM assets_matching('mine')"))).all() == []
    with pytest.raises(DBAPIError, match="row-level security"):
        async with web_db.transaction(Acting.member(stranger.member_id)) as db:
            await add(db, await keep(store, maker.member_id, b"x", "text/plain"))


async def test_the_web_role_cannot_rewrite_what_a_file_is(web_db: Database, store: Store, maker: Person) -> None:
    changes = [f"UPDATE assets SET {name} = {name}" for name in ("member_id", "path", "settings", "source", "job_id")]
    for change in [*changes, "DELETE FROM assets", "TRUNCATE assets"]:
        with pytest.raises(DBAPIError, match="permission denied"):
            async with web_db.transaction(Acting.member(maker.member_id)) as db:
                await db.execute(text(change))

"""What was made of what: each file that a job worked on is a source of each file that it made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from tests.spine.conftest import maker, new_member, png
from tests.spine.conftest import settings as settings
from tests.spine.test_terms import Scripted, bring, run, scripted, studio

from atelier.assets import change
from atelier.assets.lineage import connect, ids_of_sources, sources_of, uses_of
from atelier.assets.sweep import sweep
from atelier.base.clock import now
from atelier.base.db import Acting, libpq_url
from atelier.engines import Work
from atelier.spine import Studio

__all__ = ["maker", "scripted", "settings", "studio"]


async def collage(studio: Studio, maker: UUID, scripted: Scripted) -> tuple[list[UUID], list[UUID]]:
    """Two pictures that were made of a picture, a sound and a film: (made, sources)."""

    def work(work: Work) -> Iterator[object]:
        assert [each.path.read_bytes()[:4] for each in work.files["sounds"]] == [b"RIFF", b"\x1aE\xdf\xa3"]
        for position in range(2):
            yield work.output(position, png(), "image/png")

    scripted.script = work
    picture, sound, film = [await bring(studio, maker, kind) for kind in ("image/png", "audio/wav", "video/webm")]
    job = await run(studio, maker, "test.collage", pictures=[str(picture)], sounds=[str(sound), str(film)], count=2)
    assert job.state == "succeeded"
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        made = [asset.id for asset in await uses_of(db, picture)]
    return made, [picture, sound, film]


async def test_each_file_that_a_job_worked_on_is_a_source_of_each_that_it_made(
    studio: Studio, maker: UUID, scripted: Scripted
) -> None:
    made, sources = await collage(studio, maker, scripted)
    assert len(made) == 2
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        for id in made:
            assert {asset.id for asset in await sources_of(db, id)} == set(sources)
        assert await ids_of_sources(db, made) == {id: sorted(sources) for id in made}


async def test_a_source_that_is_gone_or_anothers_shows_nothing(studio: Studio, maker: UUID, scripted: Scripted) -> None:
    made, (picture, sound, film) = await collage(studio, maker, scripted)
    stranger = await new_member(studio)
    async with studio.web_db.transaction(Acting.member(stranger)) as db:
        assert await sources_of(db, made[0]) == await uses_of(db, picture) == []
        assert await ids_of_sources(db, made) == {}
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        await change.delete(db, maker, [sound])
    async with studio.web_db.transaction(Acting.member(maker)) as db:
        assert {asset.id for asset in await sources_of(db, made[0])} == {picture, film}
        assert sound not in (await ids_of_sources(db, made))[made[0]]
    await sweep(studio.worker_db, studio.assets.store, at=now() + timedelta(days=31))
    with psycopg.connect(libpq_url(studio.owner_url)) as db:
        assert db.execute("SELECT count(*) FROM made_of").fetchone() == (4,)


async def test_a_file_of_another_member_is_never_a_source(studio: Studio, maker: UUID) -> None:
    stranger = await new_member(studio)
    theirs, own = await bring(studio, stranger, "image/png"), await bring(studio, maker, "image/png")
    async with studio.worker_db.transaction(Acting.for_studio()) as db:
        await connect(db, maker, [own], {"image": [theirs]})
        assert await sources_of(db, own) == []
    with (
        psycopg.connect(libpq_url(studio.owner_url)) as db,
        pytest.raises(psycopg.errors.CheckViolation, match="made_of_own"),
    ):
        db.execute(
            "INSERT INTO made_of (asset_id, source_id, member_id, field) VALUES (%s, %s, %s, 'image')",
            (own, theirs, maker),
        )

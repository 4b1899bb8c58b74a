"""Content Credentials through the whole studio (F6): every picture made here is signed, and its page checks it."""

from __future__ import annotations

import asyncio
import dataclasses
from uuid import UUID

from sqlalchemy import select
from tests.spine.conftest import Told, maker, start, told, until, working
from tests.spine.conftest import settings as settings
from tests.spine.conftest import studio as studio

from atelier.assets import Asset
from atelier.assets.credentials import Credentials
from atelier.assets.credentials.identity import Signer
from atelier.base.db import Acting
from atelier.bootstrap import open_studio
from atelier.media import credentials
from atelier.settings import Settings
from atelier.spine import Studio

__all__ = ["maker", "told"]


async def picture_of(studio: Studio, member: UUID, job: UUID) -> tuple[Asset, bytes]:
    async with studio.web_db.transaction(Acting.member(member)) as db:
        asset = (await db.execute(select(Asset).where(Asset.job_id == job))).scalar_one()
    return asset, await studio.assets.store.get(asset.path)


async def test_a_picture_that_was_made_says_by_which_model_and_the_studio_knows_it_again(
    studio: Studio, maker: UUID
) -> None:
    job = await start(studio, maker)
    async with working(studio):
        await until(studio, maker, job, "succeeded")
    asset, data = await picture_of(studio, maker, job)
    assert asset.measures["credentials"] is True
    authorities = "".join(await studio.assets.credentials.authorities(studio.web_db))
    found = credentials.read(data, "image/png", authorities)
    assert found is not None
    assert found["state"] == "trusted"
    [manifest] = found["manifests"]
    assert [(each["action"], each["agent"]) for each in manifest["actions"]] == [("c2pa.created", "told")]
    at = data.index(b"caBX")
    statement = data[at : at + int.from_bytes(data[at - 4 : at], "big")]
    assert b"told" in statement
    assert b"red boat" not in statement, "what a member wrote is no part of the statement"


async def test_two_processes_that_begin_together_make_one_certificate(studio: Studio) -> None:
    def another() -> Credentials:
        return dataclasses.replace(studio.assets.credentials, _found=None)

    found = await asyncio.gather(*(another().identity(studio.worker_db) for _ in range(5)))
    assert len({each.certificates for each in found if each}) == 1
    async with studio.web_db.transaction(Acting.nobody()) as db:
        [kept] = (await db.execute(select(Signer.sealed_key))).scalars()
    assert "PRIVATE KEY" not in kept


async def test_another_secret_or_another_address_gets_another_certificate_and_the_old_one_stays_known(
    studio: Studio,
) -> None:
    first = await studio.assets.credentials.identity(studio.web_db)
    others = [
        Credentials("another-secret-0123456789-abcdefghijkl", studio.assets.credentials.organisation),
        Credentials(studio.secret, "elsewhere.example"),
    ]
    found = [await each.identity(studio.web_db) for each in others]
    assert first is not None
    assert len({first.certificates, *(each.certificates for each in found if each)}) == 3
    authorities = await others[0].authorities(studio.web_db)
    assert len(authorities) == 3
    assert first.authority in authorities


async def test_without_the_operators_wish_nothing_is_signed(settings: Settings, maker: UUID) -> None:
    async with open_studio(settings, engines={"told": Told, "other": Told}) as studio:
        studio.assets.credentials.wanted = False
        job = await start(studio, maker)
        async with working(studio):
            await until(studio, maker, job, "succeeded")
        asset, data = await picture_of(studio, maker, job)
        assert "credentials" not in asset.measures
        assert credentials.read(data, "image/png", "") is None

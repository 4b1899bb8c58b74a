"""The page of a file's Content Credentials (F6): checked when it is asked for, and for nobody else."""

from __future__ import annotations

from pathlib import Path

import httpx
from sqlalchemy import text
from tests.assets.conftest import picture
from tests.roles import Person

from atelier.assets import Asset, add, keep_file
from atelier.assets.credentials import Origin
from atelier.assets.credentials.certificates import fingerprint
from atelier.base.db import Acting, Database
from atelier.base.source_type import SourceType
from atelier.spine import Studio


async def signed(studio: Studio, person: Person, tmp_path: Path) -> Asset:
    """A picture in a person's library that the studio signed."""
    file = tmp_path / "made"
    file.write_bytes(picture())
    identity = await studio.assets.credentials.identity(studio.worker_db)
    assert identity is not None
    origin = Origin(identity, SourceType.TRAINED, "a-model")
    kept = await keep_file(studio.assets.store, person.member_id, file, "image/png", settings={}, origin=origin)
    async with studio.web_db.transaction(Acting.member(person.member_id)) as db:
        return await add(db, kept, title="A boat")


async def test_the_page_checks_the_file_as_it_is_stored(
    studio: Studio, maker: Person, stranger: Person, tmp_path: Path, folder: Path
) -> None:
    asset = await signed(studio, maker, tmp_path)
    address = f"/library/{asset.id}/credentials"
    assert address in (await maker.client.get(f"/library/{asset.id}")).text
    page = (await maker.client.get(address)).text
    assert "Signed by this studio, and unchanged since" in page
    assert "made by an AI model" in page
    assert "a-model" in page
    identity = await studio.assets.credentials.identity(studio.web_db)
    assert identity is not None
    assert fingerprint(identity.authority) in page
    assert (await stranger.client.get(address)).status_code == 404

    stored = folder / asset.path
    changed = bytearray(stored.read_bytes())
    changed[changed.rindex(b"IDAT") + 20] ^= 1
    stored.write_bytes(bytes(changed))
    page = (await maker.client.get(address)).text
    assert "The record does not fit the file" in page
    assert "assertion.dataHash.mismatch" in page


async def test_a_file_without_credentials_says_so(maker: Person, put: object) -> None:
    asset = await put(maker)  # type: ignore[operator]
    assert "/credentials" not in (await maker.client.get(f"/library/{asset.id}")).text
    answer = await maker.client.get(f"/library/{asset.id}/credentials")
    assert answer.status_code == 200
    assert "This file carries no Content Credentials." in answer.text


async def test_readers_elsewhere_get_the_certificate_and_never_a_key(
    studio: Studio, visitor: httpx.AsyncClient
) -> None:
    assert (await visitor.get("/credentials/authorities.pem")).status_code == 404
    identity = await studio.assets.credentials.identity(studio.web_db)
    assert identity is not None
    answer = await visitor.get("/credentials/authorities.pem")
    assert answer.text == identity.authority
    assert "PRIVATE" not in answer.text


async def test_a_key_is_kept_sealed(studio: Studio, owner_url: str, web_db: Database) -> None:
    await studio.assets.credentials.identity(studio.web_db)
    async with web_db.transaction(Acting.nobody()) as db:
        [row] = (await db.execute(text("SELECT certificates || sealed_key FROM credential_signers"))).scalars()
    assert "PRIVATE KEY" not in row

"""A worker is killed as it ends an export or the erasing of an account: another one ends it whole."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.faults.conftest import Scene

from atelier.base.db import Acting, libpq_url
from atelier.base.ids import new_id
from atelier.people.leaving import exports

pytestmark = pytest.mark.fault
_HOLD = """
CREATE FUNCTION hold_on() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN coalesce(NEW, OLD); END $$;
CREATE TRIGGER hold_on BEFORE {} FOR EACH ROW EXECUTE FUNCTION hold_on()"""
_HELD = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted"


@contextmanager
def held(scene: Scene, at: str) -> Iterator[None]:
    """Inside the block whoever comes to `at` waits there; the lock ends with this connection."""
    with psycopg.connect(libpq_url(scene.place.owner_url), autocommit=True) as db:
        db.execute(_HOLD.format(at).encode())
        db.execute("SELECT pg_advisory_lock(7)")
        yield


async def until(scene: Scene, query: str, **values: object) -> None:
    """Wait until `query` finds a row."""
    async with asyncio.timeout(90):
        while not await scene.rows(query, **values):
            await asyncio.sleep(0.05)


@pytest.fixture
async def files(scene: Scene) -> Path:
    """The folder of the member's files, with five in it."""
    store, member = scene.place.assets.store, scene.member.id
    with psycopg.connect(libpq_url(scene.place.owner_url)) as db:
        for number in range(5):
            id = new_id()
            path = f"{member}/2026/11/{id}.bin"
            await store.put(path, bytes([number]) * 100_000, "application/octet-stream")
            db.execute(
                "INSERT INTO assets (id, member_id, kind, source, content_type, bytes, sha256, path)"
                " VALUES (%s, %s, 'file', 'made', 'application/octet-stream', 100000, repeat('0', 64), %s)",
                [id, member, path],
            )
    assert store.folder is not None
    return store.folder / str(member)


async def test_an_export_whose_worker_is_killed_is_made_again_whole(scene: Scene, files: Path) -> None:
    web_db, operator_db = scene.place.connect()
    async with web_db.transaction(Acting.member(scene.member.id)) as db:
        export = await exports.ask(db, member_id=scene.member.id)
    await web_db.close()
    await operator_db.close()
    with held(scene, "UPDATE OF path ON exports"):
        scene.place.start("first")
        await until(scene, _HELD)
        scene.place.kill("first")
    await until(scene, f"SELECT 1 WHERE NOT EXISTS ({_HELD})")
    scene.place.start("second")
    await until(scene, "SELECT 1 FROM exports WHERE id = :id AND state = 'ready'", id=export.id)
    (row,) = await scene.rows("SELECT attempt, files, path FROM exports WHERE id = :id", id=export.id)
    assert row.files == 5
    (made,) = (files / "exports").iterdir()  # nothing of the killed attempt is left
    assert row.path.endswith(made.name)
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
        assert len([name for name in archive.namelist() if name.endswith(".bin")]) == 5


async def test_an_account_whose_eraser_is_killed_is_erased_whole(scene: Scene, files: Path) -> None:
    member = scene.member.id
    with psycopg.connect(libpq_url(scene.place.owner_url)) as db:
        db.execute("UPDATE members SET state = 'leaving' WHERE id = %s", [member])
        db.execute(
            "INSERT INTO departures (member_id, before, by_studio, due_at) VALUES (%s, 'active', false, now())",
            [member],
        )
    with held(scene, "DELETE ON members"):
        scene.place.start("first")
        await until(scene, _HELD)
        assert not [path for path in files.rglob("*") if path.is_file()]
        scene.place.kill("first")
    assert await scene.rows("SELECT 1 FROM members WHERE id = :id", id=member)  # its files are gone, its rows are there
    scene.place.start("second")
    await until(scene, "SELECT 1 FROM erasures WHERE id = :id AND ended_at IS NOT NULL", id=member)
    for table in ("members", "assets", "tokens", "departures"):
        owner = "id" if table == "members" else "member_id"
        assert await scene.rows(f"SELECT 1 FROM {table} WHERE {owner} = :id", id=member) == []

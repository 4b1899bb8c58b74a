"""Sweeping: what nobody owns goes, in time; what somebody owns or may still restore stays."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from tests.assets.conftest import Put, files, picture
from tests.conftest import SetClock
from tests.roles import Person

from atelier.assets import Asset, Store, add, keep
from atelier.assets.change import delete, restore
from atelier.assets.sweep import forget, sweep
from atelier.base.clock import now
from atelier.base.db import Acting, Database
from atelier.base.ids import new_id
from atelier.catalog import Model


async def test_files_without_a_row_go_after_a_day(
    worker_db: Database, store: Store, folder: Path, maker: Person, put: Put
) -> None:
    await put(maker)
    lost = await keep(store, maker.member_id, picture(), "image/png")  # a crash before `add`
    (folder / "notes.txt").write_text("not ours")
    (folder / f"{lost.path}#1").write_bytes(b"half")
    assert (await sweep(worker_db, store)).orphans == 0
    swept = await sweep(worker_db, store, at=now() + timedelta(hours=26))
    assert (swept.orphans, swept.expired) == (3, 0)
    assert swept.bytes >= lost.bytes
    left = files(folder)
    assert len(left) == 3
    assert "notes.txt" in left
    assert not any(str(lost.id) in name for name in left)


async def test_what_the_longest_of_jobs_made_first_is_there_when_it_ends(
    worker_db: Database, web_db: Database, store: Store, folder: Path, maker: Person
) -> None:
    """Rows are written when a job ends, and its first file may be as old by then as its deadline allows."""
    (longest,) = (each.le for each in Model.model_fields["deadline"].metadata if hasattr(each, "le"))
    first = await keep(store, maker.member_id, picture(), "image/png")
    assert (await sweep(worker_db, store, at=now() + timedelta(seconds=longest, minutes=30))).orphans == 0
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        await add(db, first, title="A red boat")
    assert (await sweep(worker_db, store, at=now() + timedelta(days=20))).orphans == 0
    assert (folder / first.path).exists()


@pytest.mark.parametrize("step", [-40 * 24 * 3600.0, 40 * 24 * 3600.0])
async def test_nothing_goes_early_in_a_process_whose_clock_is_off(
    worker_db: Database,
    web_db: Database,
    store: Store,
    maker: Person,
    put: Put,
    set_clock: SetClock,
    step: float,
) -> None:
    deleted = await put(maker)
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        await delete(db, maker.member_id, [deleted.id])
    await keep(store, maker.member_id, picture(), "image/png")  # its row is about to be written
    set_clock(step)
    swept = await sweep(worker_db, store)
    assert (swept.expired, swept.orphans) == (0, 0)


async def test_deleted_assets_go_after_thirty_days(
    worker_db: Database, web_db: Database, store: Store, folder: Path, maker: Person, put: Put
) -> None:
    stays, goes, back = [await put(maker, name) for name in ("Stays", "Goes", "Back")]
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        assert (await delete(db, maker.member_id, [goes.id, back.id, goes.id])).assets == 2
    async with web_db.transaction(Acting.member(maker.member_id)) as db:
        assert await restore(db, maker.member_id, asset_ids=[back.id]) == 1
    assert (await sweep(worker_db, store, at=now() + timedelta(days=29))).expired == 0
    assert (await sweep(worker_db, store, at=now() + timedelta(days=31))).expired == 1
    async with worker_db.transaction(Acting.for_studio()) as db:
        assert set((await db.execute(select(Asset.id))).scalars()) == {stays.id, back.id}
        expired = text("SELECT count(*) FROM events WHERE kind = 'asset:expired' AND subject_id = :id")
        assert (await db.execute(expired, {"id": goes.id})).scalar_one() == 1
    assert len(files(folder)) == 4
    assert not (folder / goes.path).exists()


async def test_more_than_one_batch(worker_db: Database, store: Store, maker: Person) -> None:
    async with worker_db.transaction(Acting.for_studio()) as db:
        await db.execute(
            text(
                "INSERT INTO assets (id, member_id, kind, source, content_type, bytes, sha256, path, deleted_at)"
                " SELECT id, :member, 'file', 'made', 'x/y', 1, repeat('0', 64), :folder || id || '.bin',"
                " now() - interval '40 days' FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 450)) n"
            ),
            {"member": maker.member_id, "folder": f"{maker.member_id}/2026/11/"},
        )
    assert (await sweep(worker_db, store)).expired == 450
    async with worker_db.transaction(Acting.for_studio()) as db:
        assert (await db.execute(select(func.count()).select_from(Asset))).scalar_one() == 0


async def test_files_of_members_whom_nobody_knows_stay(worker_db: Database, store: Store, folder: Path) -> None:
    kept = await keep(store, new_id(), picture(), "image/png")  # as when the studio is pointed at another database
    assert (await sweep(worker_db, store, at=now() + timedelta(days=400))).orphans == 0
    assert len(files(folder)) == 2
    assert await forget(store, kept.member_id) == 2
    assert files(folder) == []


async def test_files_go_when_their_row_is_gone(
    owner_url: str, worker_db: Database, store: Store, folder: Path, maker: Person, put: Put
) -> None:
    asset = await put(maker)
    async with worker_db.transaction(Acting.for_studio()) as db:
        await db.execute(text("DELETE FROM assets WHERE id = :id"), {"id": asset.id})
    days_ago = (now() - timedelta(days=2)).timestamp()
    for name in files(folder):
        os.utime(folder / name, (days_ago, days_ago))
    assert (await sweep(worker_db, store)).orphans == 2
    assert files(folder) == []

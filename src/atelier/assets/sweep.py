"""Lets go of files that nobody owns: written by a process that died before their row, or deleted a month ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, text

from atelier.assets.change import KEPT_DELETED
from atelier.assets.store import Found, Store
from atelier.assets.tables import Asset
from atelier.base import events
from atelier.base.clock import machine_now, now
from atelier.base.db import Acting, Database
from atelier.base.log import get_log
from atelier.jobs import rules

GRACE = timedelta(seconds=rules.LONGEST, hours=1)  # longer than any job between `keep` and `add`
EVERY = timedelta(hours=6)
BATCH = 200
_OURS = re.compile(r"(?P<member>[0-9a-f-]{36})/\d{4}/\d{2}/(?P<asset>[0-9a-f-]{36})\.[a-z0-9.]+")


class Swept(NamedTuple):
    """What a sweep let go: assets whose time was over, files without a row, and the bytes of the latter."""

    expired: int
    orphans: int
    bytes: int


async def sweep(worker_db: Database, store: Store, *, at: datetime | None = None) -> Swept:
    """Remove what is over: rows first and their files after, so that a crash in between leaves orphans for next time.

    Holds no transaction across the store. Files that do not look like ours are left alone.
    """
    expired = await _expired(worker_db, store, (at or now()) - KEPT_DELETED)
    # the store dates its files, and its clock may be the database's, this machine's or a third: old is old by both
    written_before = (at or min(now(), machine_now())) - GRACE
    orphans = await store.drop_unfinished(written_before)
    size = 0
    async for chunk in store.list():
        lost = await _without_row(worker_db, [found for found in chunk if found.at < written_before])
        await store.delete(*(found.path for found in lost))
        orphans += len(lost)
        size += sum(found.size for found in lost)
    swept = Swept(expired, orphans, size)
    get_log().info("assets:swept", **swept._asdict())
    return swept


async def _expired(worker_db: Database, store: Store, before: datetime) -> int:
    count = 0
    while True:
        async with worker_db.transaction(Acting.for_studio()) as db:
            # the ids are picked first and for certain: under a generic plan a LIMIT in a subquery may be asked again
            old = select(Asset.id).where(Asset.deleted_at < before).limit(BATCH).with_for_update(skip_locked=True)
            ids = (await db.execute(old)).scalars().all()
            gone = (
                await db.execute(
                    delete(Asset)
                    .where(Asset.id.in_(ids))
                    .returning(Asset.id, Asset.member_id, Asset.path, Asset.thumb_path)
                )
            ).all()
            for id, member_id, _, _ in gone:
                await events.record(db, "asset:expired", member=member_id, subject=id)
        await store.delete(*(path for row in gone for path in row[2:] if path))
        count += len(gone)
        if len(gone) < BATCH:
            return count


# who is gone is known as well: what a worker wrote for them at the last moment goes too
_KNOWN = text("SELECT id FROM members WHERE id = ANY(:ids) UNION SELECT id FROM erasures WHERE id = ANY(:ids)")


async def _without_row(worker_db: Database, files: list[Found]) -> list[Found]:
    """Those of `files` that have no row though their member is known here.

    Files of unknown members stay: a studio that was pointed at another database must not destroy what it doesn't know.
    """
    ours = {found: match for found in files if (match := _OURS.fullmatch(found.path))}
    if not ours:
        return []
    ids = {UUID(match["asset"]) for match in ours.values()}
    members = [UUID(match["member"]) for match in ours.values()]
    async with worker_db.transaction(Acting.for_studio()) as db:
        there = set((await db.execute(select(Asset.id).where(Asset.id.in_(ids)))).scalars())
        known = set((await db.execute(_KNOWN, {"ids": list(set(members))})).scalars())
    return [
        found for found, match in ours.items() if UUID(match["asset"]) not in there and UUID(match["member"]) in known
    ]


async def forget(store: Store, member_id: UUID) -> int:
    """Delete every file of a member whose account is closed, and say how many there were."""
    count = 0
    async for chunk in store.list(f"{member_id}/"):
        await store.delete(*(found.path for found in chunk))
        count += len(chunk)
    return count + await store.drop_unfinished(machine_now(), f"{member_id}/")

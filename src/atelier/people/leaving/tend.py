"""Looking after exports and departures: old archives are deleted, and accounts whose time has come are erased."""

from __future__ import annotations

from sqlalchemy import func, select, text, update

from atelier.assets.store import Store
from atelier.base import events
from atelier.base.db import Acting, Database, rows_changed
from atelier.people.leaving.tables import Export, State

EVERY = 60.0  # seconds
_DUE = text(
    """SELECT enter_background('people:erase', 'erase:' || id, jsonb_build_object('member_id', id)) FROM (
         SELECT member_id AS id FROM departures WHERE due_at <= now()
         UNION SELECT id FROM erasures WHERE ended_at IS NULL) due
       WHERE NOT EXISTS (SELECT FROM procrastinate_jobs q
         WHERE q.queueing_lock = 'erase:' || due.id AND q.status IN ('todo', 'doing'))"""
)


async def tend(database: Database, store: Store) -> None:
    """One round; any number of workers may do this at once."""
    await expire(database, store)
    async with database.transaction(Acting.for_studio()) as db:
        await db.execute(_DUE)


async def expire(database: Database, store: Store) -> int:
    """Delete the archives whose time is over, each before its row says so; how many."""
    over = select(Export.id, Export.member_id, Export.path).where(
        Export.state == State.READY, Export.expires_at <= func.now()
    )
    async with database.transaction(Acting.for_studio()) as db:
        due = (await db.execute(over.limit(100))).all()
    for export_id, member_id, path in due:
        if path:
            await store.delete(path)
        gone = update(Export).where(Export.id == export_id, Export.state == State.READY)
        async with database.transaction(Acting.for_studio(member_id)) as db:
            if rows_changed(await db.execute(gone.values(state=State.EXPIRED.value, path=None))):
                await events.record(db, "export:expired", member=member_id, subject=export_id)
    return len(due)

"""Looking after the mails: those that the queue lost are put back, old ones are thrown away."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.db import Acting, Database, rows_changed
from atelier.base.log import get_log
from atelier.notify.rules import KEPT

EVERY = 60.0  # seconds
# a waiting mail that no entry stands for, as after a restore
_LOST = text(
    """WITH lost AS MATERIALIZED (
         SELECT id FROM mails m WHERE state = 'waiting' AND created_at < now() - interval '30 seconds'
           AND NOT EXISTS (SELECT FROM procrastinate_jobs q
             WHERE q.queueing_lock = 'mail:' || m.id AND q.status IN ('todo', 'doing'))
         LIMIT 100 FOR UPDATE OF m SKIP LOCKED)
       SELECT enter_background('mail:deliver', 'mail:' || id, jsonb_build_object('mail_id', id)) FROM lost"""
)
_OLD = text("DELETE FROM mails WHERE created_at < now() - make_interval(secs => :kept)")


async def tend(database: Database) -> None:
    """One round; any number of workers may do this at once."""
    async with database.transaction(Acting.for_studio()) as db:
        if found := len((await db.execute(_LOST)).all()):
            get_log().warning("mail:requeued", count=found)
        await throw_away(db)


async def throw_away(db: AsyncSession) -> int:
    """Delete the mails that are older than a month; return how many."""
    return rows_changed(await db.execute(_OLD, {"kept": KEPT.total_seconds()}))

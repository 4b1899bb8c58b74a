"""Deletes old mails."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.db import Acting, Database, rows_changed
from atelier.notify.rules import KEPT

EVERY = 60.0  # seconds
_OLD = text("DELETE FROM mails WHERE created_at < now() - make_interval(secs => :kept)")


async def tend(database: Database) -> None:
    """One round; any number of workers may do this at once."""
    async with database.transaction(Acting.for_studio()) as db:
        await throw_away(db)


async def throw_away(db: AsyncSession) -> int:
    """Delete the mails that are older than a month; return how many."""
    return rows_changed(await db.execute(_OLD, {"kept": KEPT.total_seconds()}))

"""Deletes old events: the table of events must not grow without end."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from atelier.base.db import Acting, Database
from atelier.base.log import get_log

EVERY = timedelta(days=1)
BATCH = 2000  # events that one transaction looks at
_FORGET = text("SELECT last, gone FROM events_forget(:after, :activity, :trail, :most)")


async def forget(database: Database, *, activity_days: int, trail_days: int, batch: int = BATCH) -> int:
    """Delete the events of runs and files after `activity_days`, and all others after `trail_days`; how many.

    Each batch is a transaction of its own, so that no lock is held for long.
    """
    after = total = 0
    while True:
        asked = {"after": after, "activity": activity_days, "trail": trail_days, "most": batch}
        async with database.transaction(Acting.for_studio()) as db:
            last, gone = (await db.execute(_FORGET, asked)).one()
        total += int(gone)
        if last is None:
            break
        after = last
    if total:
        get_log().info("events:forgotten", events=total)
    return total

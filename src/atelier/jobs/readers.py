"""Event readers: each reads the events in order from its own durable place, in one transaction with its work.

A reader's row in `event_readers` is locked while it reads, so two workers never run one reader at once. Its work and
its new place are committed together: a worker that is killed has done nothing, and another one begins at the old place.
It never passes a transaction that is still under way (`events.after`), so it skips no event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import text

from atelier.base import events
from atelier.base.background import Reader
from atelier.base.db import Acting, Database
from atelier.base.errors import AtelierError
from atelier.base.events import Mark
from atelier.base.log import get_log
from atelier.base.signals import Signals

BATCH = 200  # events that one transaction reads
EVERY = 10.0  # seconds between two looks without a signal, and while an older transaction holds an event back
PAUSE = 0.2  # seconds from a signal to a read
LONGEST_PAUSE = 600.0  # seconds between two tries of a reader that fails

_BEGIN = text(
    """INSERT INTO event_readers (name, xid, id) VALUES (:name, CAST(CAST(:xid AS text) AS xid8), :id)
       ON CONFLICT (name) DO NOTHING"""
)
_TAKE = text(
    """SELECT xid::text::bigint AS xid, id, failures FROM event_readers
       WHERE name = :name AND retry_at <= now() FOR UPDATE SKIP LOCKED"""
)
_MOVE = text(
    """UPDATE event_readers SET xid = CAST(CAST(:xid AS text) AS xid8), id = :id, seen_at = now(), failures = 0,
         error = NULL, retry_at = '-infinity' WHERE name = :name"""
)
_FAILED = text(
    """UPDATE event_readers SET failures = failures + 1, error = :error, seen_at = now(),
         retry_at = now() + make_interval(secs => least(power(2, least(failures, 20)), :longest)) WHERE name = :name"""
)


class SameReader(AtelierError):
    """Two readers have one name, and so would share one place."""

    code = "same_reader"
    status = 500


def check_readers(readers: Sequence[Reader]) -> None:
    """Refuse readers that share a name; raises `SameReader`."""
    names = [reader.name for reader in readers]
    for name in names:
        if names.count(name) > 1:
            raise SameReader(f"Two readers of events are named {name}: give each a name of its own.")


async def read_forever(readers: Sequence[Reader], database: Database, signals: Signals) -> None:
    """Run each reader for as long as the worker lives; one that fails does not stop the others."""
    await asyncio.gather(*(_follow(each, database, signals) for each in readers))


async def read(reader: Reader, database: Database, *, batch: int = BATCH) -> int:
    """Read one batch and move the reader's place past it; how many events that were, of all kinds.

    0 when nothing is there to be read, when another worker reads, or while the reader pauses after a failure. After a
    failure it reads one event at a time, so that it comes as far as the one that it cannot read.
    """
    try:
        async with database.transaction(Acting.for_studio()) as db:
            row = (await db.execute(_TAKE, {"name": reader.name})).one_or_none()
            if row is None:
                return 0
            found = await events.after(db, Mark(row.xid, row.id), 1 if row.failures else batch)
            wanted = [event for _, event in found if event.kind in reader.kinds]
            if wanted:
                await reader.run(db, wanted)
            place = found[-1][0] if found else Mark(row.xid, row.id)
            await db.execute(_MOVE, {"name": reader.name, "xid": str(place.xid), "id": place.id})
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:500]
        get_log().error("reader:broke", reader=reader.name, reason=reason)
        async with database.transaction(Acting.for_studio()) as db:
            await db.execute(_FAILED, {"name": reader.name, "error": reason, "longest": LONGEST_PAUSE})
        return 0
    return len(found)


async def begin(reader: Reader, database: Database) -> None:
    """Give a new reader its place: after what has happened so far. One that has a place keeps it."""
    async with database.transaction(Acting.for_studio()) as db:
        here = await events.here(db)
        await db.execute(_BEGIN, {"name": reader.name, "xid": str(here.xid), "id": here.id})


async def _follow(reader: Reader, database: Database, signals: Signals) -> None:
    woken = asyncio.Event()
    end = signals.listen(events.CHANNEL, lambda _payload: woken.set())
    begun = False
    try:
        while True:
            woken.clear()
            try:
                if not begun:
                    await begin(reader, database)
                    begun = True
                while await read(reader, database):
                    pass
            except Exception as error:  # the database is away: what is unread stays so until it is back
                get_log().warning("reader:lost", reader=reader.name, reason=f"{type(error).__name__}: {error}")
            try:
                await asyncio.wait_for(woken.wait(), EVERY)
            except TimeoutError:
                continue
            await asyncio.sleep(PAUSE)  # one read for the many events of one moment
    finally:
        end()

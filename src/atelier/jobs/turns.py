"""Turns: periodic work that one worker of the studio does at a time, however many there are."""

from __future__ import annotations

from sqlalchemy import text

from atelier.base.db import Acting, Database

# A turn in the future is from a clock that was set back since. `now()` would be when the transaction began, which may
# be before another worker took the turn, and that turn would look like one of the future.
_TAKE = text(
    """INSERT INTO turns AS t (name, began_at) VALUES (:name, clock_timestamp())
       ON CONFLICT (name) DO UPDATE SET began_at = clock_timestamp()
         WHERE t.began_at <= clock_timestamp() - make_interval(secs => :every) OR t.began_at > clock_timestamp()
       RETURNING name"""
)
_GIVE_BACK = text("UPDATE turns SET began_at = '-infinity' WHERE name = :name")


async def take(database: Database, name: str, every: float) -> bool:
    """Whether the caller shall do that work now: True for one worker, once within `every` seconds."""
    async with database.transaction(Acting.for_studio()) as db:
        return (await db.execute(_TAKE, {"name": name, "every": every})).scalar_one_or_none() is not None


async def give_back(database: Database, name: str) -> None:
    """Say that the work failed, so that any worker may try it at its next look."""
    async with database.transaction(Acting.for_studio()) as db:
        await db.execute(_GIVE_BACK, {"name": name})

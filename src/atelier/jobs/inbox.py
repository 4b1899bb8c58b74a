"""The inbox: what other servers send is stored, answered, and then worked off by a task.

A web process checks who sends, and calls `accept` in its transaction; after the commit nothing can lose the message.
The room that knows its source declares a `Sender`. A message that cannot be worked off is tried again, ever later, and
stays as failed in the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.background import Again, Message, Round, Rows, Sender, Task
from atelier.base.db import Acting, Database, rows_changed
from atelier.base.errors import AtelierError
from atelier.base.ids import new_id
from atelier.base.log import get_log

TRIES = 8  # about twenty minutes
KEPT_DAYS = 30  # for which a message is known as worked off, so that its sender cannot repeat it
FORGET_EVERY = 86400.0

_ACCEPT = text("SELECT inbox_accept(:id, :source, :event, :body)")
_TAKE = text(
    """SELECT id, source, event_id, body FROM inbox WHERE id = :id AND state = 'waiting' FOR UPDATE SKIP LOCKED"""
)
_DONE = text("UPDATE inbox SET state = 'done', error = NULL, body = '', ended_at = now() WHERE id = :id")
_FAILED = text(
    """UPDATE inbox SET attempts = attempts + 1, error = :error,
         state = CASE WHEN attempts + 1 < :tries THEN 'waiting' ELSE 'failed' END,
         ended_at = CASE WHEN attempts + 1 < :tries THEN NULL ELSE now() END
       WHERE id = :id AND state = 'waiting' RETURNING state, attempts"""
)
_OLD = text(
    """DELETE FROM inbox WHERE id = ANY(ARRAY(
         SELECT id FROM inbox WHERE ended_at < now() - make_interval(days => :days) LIMIT 1000))"""
)


class NobodyKnows(AtelierError):
    """No room declares a sender of that name."""

    code = "unknown_sender"
    status = 500


class SameSender(AtelierError):
    """Two rooms declare one sender."""

    code = "same_sender"
    status = 500


async def accept(db: AsyncSession, source: str, event_id: str, body: bytes) -> bool:
    """Store a message and enter it in the queue, in the caller's transaction; False where it is there already.
    One that failed and is sent again is tried again.

    `event_id` is the sender's own name for it. The same message twice at once is stored once. The body has at most a
    mebibyte. Whoever calls this has checked that the message comes from `source`.
    """
    values = {"id": new_id(), "source": source, "event": event_id, "body": body}
    return bool((await db.execute(_ACCEPT, values)).scalar_one())


def task(senders: Sequence[Sender], database: Database) -> Task:
    """What works the inbox off; raises `SameSender` where two have one name."""
    known = {sender.name: sender for sender in senders}
    for sender in senders:
        if known[sender.name] is not sender:
            raise SameSender(f"Two senders of messages are named {sender.name}: give each a name of its own.")
    rows = Rows("inbox", "state = 'waiting'", "inbox:", "message_id")
    return Task("inbox:work", partial(_work, known, database), rows)


def forgetting(database: Database) -> Round:
    """Deletes the messages that ended a month ago."""
    return Round("inbox:forget", FORGET_EVERY, partial(forget, database), alone=True)


async def forget(database: Database) -> int:
    """Delete the messages that ended more than a month ago, in batches; how many."""
    total = 0
    while True:
        async with database.transaction(Acting.for_studio()) as db:
            gone = rows_changed(await db.execute(_OLD, {"days": KEPT_DAYS}))
        total += gone
        if not gone:
            return total


async def _work(known: dict[str, Sender], database: Database, message_id: str) -> None:
    """Work one message off: what its sender's `run` writes and the end of the message are one transaction."""
    id = UUID(message_id)
    try:
        async with database.transaction(Acting.for_studio()) as db:
            row = (await db.execute(_TAKE, {"id": id})).one_or_none()
            if row is None:
                return
            if row.source not in known:
                raise NobodyKnows(f"No room declares the sender {row.source}.")
            await known[row.source].run(db, Message(row.id, row.source, row.event_id, row.body))
            await db.execute(_DONE, {"id": id})
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:500]
        ended = await _failed(database, id, reason)
        get_log().error("inbox:broke", message=message_id, reason=reason)
        if ended is not None and ended.state == "waiting":
            raise Again(5 * 2**ended.attempts) from error


async def _failed(database: Database, id: UUID, reason: str) -> Row[tuple[str, int]] | None:
    async with database.transaction(Acting.for_studio()) as db:
        return (await db.execute(_FAILED, {"id": id, "error": reason, "tries": TRIES})).one_or_none()

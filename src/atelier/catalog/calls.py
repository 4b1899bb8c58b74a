"""What providers told by webhook is passed on to the workers, whose engines wait for it."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.background import Message, Sender

SOURCE = "providers"
CHANNEL = "provider_calls"
_TELL = text("SELECT pg_notify(:channel, :payload)")


async def _tell(db: AsyncSession, message: Message) -> None:
    await db.execute(_TELL, {"channel": CHANNEL, "payload": message.body.decode()})


SENDER = Sender(SOURCE, _tell)

"""The rows of mails."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table

_when = DateTime(timezone=True)


class State(StrEnum):
    """What became of a mail."""

    WAITING = "waiting"  # to be sent, perhaps again
    SENT = "sent"  # a server took it
    KEPT = "kept"  # there was no server; the operator reads it
    FAILED = "failed"  # refused for good, or tried for too long


class Mail(Table):
    """One letter to one address; where it carries a key, `key_id` stands in its texts for the key itself."""

    __tablename__ = "mails"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID | None]
    recipient: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    key_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(Text)
    attempt: Mapped[int]
    leased_until: Mapped[datetime | None] = mapped_column(_when)  # a worker has it in its hands until then
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_when)
    sent_at: Mapped[datetime | None] = mapped_column(_when)

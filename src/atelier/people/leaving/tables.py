"""The rows of exports and departures."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table

_TIME = DateTime(timezone=True)


class State(StrEnum):
    """Where an export is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"  # its file is gone

    @property
    def over(self) -> bool:
        return self not in (State.QUEUED, State.RUNNING)


class Export(Table):
    """One archive of everything that is a member's; `files` of `total` are in it so far."""

    __tablename__ = "exports"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(Text, server_default="queued")
    attempt: Mapped[int] = mapped_column(server_default="0")
    files: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    path: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(Text)
    error_message: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    started_at: Mapped[datetime | None] = mapped_column(_TIME)
    finished_at: Mapped[datetime | None] = mapped_column(_TIME)
    expires_at: Mapped[datetime | None] = mapped_column(_TIME)

    @property
    def over(self) -> bool:
        return State(self.state).over


class Departure(Table):
    """An account that is closed and will be erased at `due_at`; `before` is the state that it goes back to."""

    __tablename__ = "departures"
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    before: Mapped[str] = mapped_column(Text)
    by_studio: Mapped[bool]  # an operator's doing, which only an operator takes back
    asked_at: Mapped[datetime] = mapped_column(_TIME)
    due_at: Mapped[datetime] = mapped_column(_TIME)

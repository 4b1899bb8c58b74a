"""The rows of jobs and of their progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table


class State(StrEnum):
    """Where a job is in its life; it only goes forward."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def over(self) -> bool:
        return self not in (State.QUEUED, State.RUNNING)


_when = DateTime(timezone=True)


class Mode(StrEnum):
    """How a job is run: by a worker from the queue, by the web process that began it, or as the parent of others."""

    QUEUE = "queue"
    INLINE = "inline"
    PARENT = "parent"


class Job(Table):
    """One piece of work."""

    __tablename__ = "jobs"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    tool: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    queue: Mapped[str] = mapped_column(Text)  # the engine's id
    title: Mapped[str] = mapped_column(Text)
    input: Mapped[dict[str, Any]] = mapped_column(JSONB)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)  # what was agreed when it began: `tools.Terms`
    seal: Mapped[bytes] = mapped_column(LargeBinary)  # shows that the studio wrote it: `spine.sealing`
    used: Mapped[dict[str, int] | None] = mapped_column(JSONB)  # what was charged, in the tool's units, once it is over
    cost: Mapped[dict[str, int] | None] = mapped_column(JSONB)  # what it cost the operator
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # what it made that is no file
    reference: Mapped[str | None] = mapped_column(Text)  # where its work goes on: a remote prediction, a checkpoint
    mode: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[UUID | None]
    alive_at: Mapped[datetime | None] = mapped_column(_when)  # last sign of life of the process that runs it inline
    source: Mapped[str] = mapped_column(Text)  # page, api or cli
    state: Mapped[str] = mapped_column(Text)
    attempt: Mapped[int]
    priority: Mapped[int]
    deadline_s: Mapped[int]  # seconds that an attempt may take without progress
    expected: Mapped[int]  # files that the request yields
    made: Mapped[int]
    price: Mapped[int]  # credits held
    charged: Mapped[int | None]  # credits settled, once it is over
    error_code: Mapped[str | None] = mapped_column(Text)
    error_message: Mapped[str | None] = mapped_column(Text)
    idempotency_key: Mapped[str | None] = mapped_column(Text)
    body_digest: Mapped[str | None] = mapped_column(Text)
    cancel_requested_at: Mapped[datetime | None] = mapped_column(_when)
    created_at: Mapped[datetime] = mapped_column(_when)
    started_at: Mapped[datetime | None] = mapped_column(_when)
    finished_at: Mapped[datetime | None] = mapped_column(_when)

    @property
    def over(self) -> bool:
        return State(self.state).over


@dataclass(frozen=True, slots=True)
class Claim:
    """A job as the worker knows it that has claimed it: what it takes to make it, and to end it."""

    id: UUID
    member_id: UUID
    tool: str
    model: str
    queue: str
    title: str
    input: dict[str, Any]
    terms: dict[str, Any]
    seal: bytes
    attempt: int
    expected: int
    price: int
    deadline_s: int
    cancel_requested_at: datetime | None
    reference: str | None


class Progress(Table):
    """How far one file of a running job is; unlogged, since it is worth nothing after a crash."""

    __tablename__ = "job_progress"
    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    step: Mapped[int]
    steps: Mapped[int]
    version: Mapped[int]
    preview: Mapped[bytes | None] = mapped_column(LargeBinary)
    preview_type: Mapped[str | None] = mapped_column(Text)

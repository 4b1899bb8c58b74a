"""The rows of stored files."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, FetchedValue, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table


class Source(StrEnum):
    """Where a file came from."""

    MADE = "made"
    UPLOADED = "uploaded"


class Asset(Table):
    """A stored file of one member. `settings` (tool, model, input with its seed) is what repeats it."""

    __tablename__ = "assets"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    job_id: Mapped[UUID | None]
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)  # the id of one of `base.kinds`
    source: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    thumb_path: Mapped[str | None] = mapped_column(Text)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    notes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")  # of `media.notes.Note`
    measures: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")  # seconds, peaks, excerpt, tensors
    # the database takes these two out of the settings
    tool: Mapped[str | None] = mapped_column(Text, FetchedValue())
    model: Mapped[str | None] = mapped_column(Text, FetchedValue())
    favourite: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MadeOf(Table):
    """That an asset was made of another one, which a field of its job's input named."""

    __tablename__ = "made_of"
    asset_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    field: Mapped[str] = mapped_column(Text, primary_key=True)

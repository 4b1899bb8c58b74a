"""The rows of stored files."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, FetchedValue, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table


class Kind(StrEnum):
    """What a file holds."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    TEXT = "text"
    FILE = "file"


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
    kind: Mapped[str] = mapped_column(Text)
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
    # the database takes these two out of the settings
    tool: Mapped[str | None] = mapped_column(Text, FetchedValue())
    model: Mapped[str | None] = mapped_column(Text, FetchedValue())
    favourite: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

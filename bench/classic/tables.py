"""The peer's rows: jobs of the same shape as ours, and a wallet for each member."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

DATABASE_URL = os.environ.get("CLASSIC_DATABASE_URL", "")


class Base(DeclarativeBase):
    """The base of the peer's tables."""


class Wallet(Base):
    """What a member has."""

    __tablename__ = "wallets"
    __table_args__ = (CheckConstraint("credits >= 0"),)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    credits: Mapped[int]


class Job(Base):
    """One piece of work."""

    __tablename__ = "jobs"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(index=True)
    tool: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text, default="nothing")
    title: Mapped[str] = mapped_column(Text, default="")
    input: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, default="queued")
    price: Mapped[int]
    runs: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

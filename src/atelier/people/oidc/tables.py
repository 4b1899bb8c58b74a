"""Rows of accounts elsewhere. What a provider calls a person is kept as a digest."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table

_TIME = DateTime(timezone=True)


class Identity(Table):
    """An account at a provider that opens a member's account here; `label` is what the member knows it by."""

    __tablename__ = "identities"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    issuer: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text, deferred=True)
    label: Mapped[str] = mapped_column(Text)
    proved_email: Mapped[str | None] = mapped_column(Text, deferred=True)
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    used_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")


class ProviderSession(Table):
    """Which provider a session came of; `hint` is its sealed ID token, for signing out there too."""

    __tablename__ = "provider_sessions"
    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    provider: Mapped[str] = mapped_column(Text)
    subject_key: Mapped[str] = mapped_column(Text)
    sid_key: Mapped[str | None] = mapped_column(Text)
    hint: Mapped[str | None] = mapped_column(Text)

"""Rows of second factors. An authenticator's secret is sealed, recovery codes are kept as keyed digests."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table

_TIME = DateTime(timezone=True)


class Authenticator(Table):
    """An authenticator app; it counts once its first code was typed. `last_step`: the newest time step used."""

    __tablename__ = "authenticators"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    secret: Mapped[str] = mapped_column(Text, deferred=True)
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    confirmed_at: Mapped[datetime | None] = mapped_column(_TIME)
    last_step: Mapped[int | None] = mapped_column(BigInteger, deferred=True)
    used_at: Mapped[datetime | None] = mapped_column(_TIME)


class Passkey(Table):
    """A passkey: `credential` is what browsers call it, in base64url. Halted ones open nothing any more."""

    __tablename__ = "passkeys"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    credential: Mapped[str] = mapped_column(Text)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(ARRAY(Text))
    backed_up: Mapped[bool]
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    used_at: Mapped[datetime | None] = mapped_column(_TIME)
    halted_at: Mapped[datetime | None] = mapped_column(_TIME)


class RecoveryCode(Table):
    """A code that stands in for a lost factor, once."""

    __tablename__ = "recovery_codes"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    digest: Mapped[str] = mapped_column(Text, deferred=True)
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    used_at: Mapped[datetime | None] = mapped_column(_TIME)


class Entrance(Table):
    """Half a sign-in, named by the digest of its cookie. Its id becomes the session's; `provider` is by whose word."""

    __tablename__ = "entrances"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    digest: Mapped[str] = mapped_column(Text, deferred=True)
    wanted: Mapped[str] = mapped_column(Text)
    provider: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    expires_at: Mapped[datetime] = mapped_column(_TIME)

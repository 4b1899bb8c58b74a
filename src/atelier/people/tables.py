"""Rows of the people room. Secrets are kept as digests only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table

_TIME = DateTime(timezone=True)


class Member(Table):
    """A person with an account; `email` is normalised, `state` is active, waiting or banned."""

    __tablename__ = "members"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, server_default="member")
    state: Mapped[str] = mapped_column(Text, server_default="active")
    # only the web role may read it, so it never comes along by itself
    password_hash: Mapped[str | None] = mapped_column(Text, deferred=True, deferred_raiseload=True)
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    verified_at: Mapped[datetime | None] = mapped_column(_TIME)  # when they showed that they read mail at `email`
    language: Mapped[str] = mapped_column(Text, server_default="en")
    # whether there is a second factor; the database writes it as factors come and go
    protected: Mapped[bool] = mapped_column(server_default="false")


class Session(Table):
    """A sign-in: of a browser, named by the digest of its cookie, or of an app, with its scopes and refresh tokens."""

    __tablename__ = "sessions"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text, server_default="browser")  # or app
    digest: Mapped[str | None] = mapped_column(Text, deferred=True)
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    agent: Mapped[str] = mapped_column(Text)  # an app's own name, or a browser's User-Agent
    address: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    seen_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    expires_at: Mapped[datetime] = mapped_column(_TIME)
    looks_at: Mapped[UUID | None]  # the member whose pages an operator sees in this session
    looks_until: Mapped[datetime | None] = mapped_column(_TIME)
    # when the member last confirmed who they are; None if never, or if a provider did not say when they signed in there
    confirmed_at: Mapped[datetime | None] = mapped_column(_TIME, server_default="now()")
    # a form that waits while the member confirms at a provider, sealed
    sealed_form: Mapped[str | None] = mapped_column(Text, deferred=True)


class Token(Table):
    """A personal API token; `hint` is its beginning and `tail` its end, to tell it from others."""

    __tablename__ = "tokens"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text, deferred=True)
    hint: Mapped[str] = mapped_column(Text)
    tail: Mapped[str] = mapped_column(Text, server_default="")  # none is known of the oldest tokens
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    expires_at: Mapped[datetime | None] = mapped_column(_TIME)
    used_at: Mapped[datetime | None] = mapped_column(_TIME)
    revoked_at: Mapped[datetime | None] = mapped_column(_TIME)
    warned_at: Mapped[datetime | None] = mapped_column(_TIME)  # when its member was told that it ends soon


class RefreshToken(Table):
    """What an app renews its access with, once; all of one sign-in are a family, and the used ones betray a thief."""

    __tablename__ = "refresh_tokens"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    session_id: Mapped[UUID]
    digest: Mapped[str] = mapped_column(Text, deferred=True)
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    expires_at: Mapped[datetime] = mapped_column(_TIME)
    used_at: Mapped[datetime | None] = mapped_column(_TIME)


class Invitation(Table):
    """A link that makes one account of a given role, once."""

    __tablename__ = "invitations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(Text, deferred=True)
    role: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    expires_at: Mapped[datetime] = mapped_column(_TIME)
    used_at: Mapped[datetime | None] = mapped_column(_TIME)
    used_by: Mapped[UUID | None]
    made_by: Mapped[UUID | None]  # the operator; None for the first operator's link
    email: Mapped[str | None] = mapped_column(Text)  # where it was mailed to
    note: Mapped[str] = mapped_column(Text, server_default="")


class Confirmation(Table):
    """A request that is answered by mail, and the single-use key in that mail; only the key's digest is kept."""

    __tablename__ = "confirmations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID | None]
    purpose: Mapped[str] = mapped_column(Text)  # sign_up, again, reset, verify, change
    email: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text, deferred=True, deferred_raiseload=True)
    invitation_id: Mapped[UUID | None]
    wanted: Mapped[str | None] = mapped_column(Text)  # the path to go on to
    digest: Mapped[str] = mapped_column(Text, deferred=True)
    binding: Mapped[str | None] = mapped_column(Text)  # the digest of what the browser keeps that asked
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default="now()")
    expires_at: Mapped[datetime] = mapped_column(_TIME)
    answered_at: Mapped[datetime | None] = mapped_column(_TIME)
    used_at: Mapped[datetime | None] = mapped_column(_TIME)

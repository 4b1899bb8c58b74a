"""Forms that count once: each carries a key of its own, and what a form makes is known again by that key.

A double click, a held key, a form sent again by reloading, and two requests at once all carry the same key. The key is
an id (UUIDv7), so what the form makes can take an id that follows from it: no list of used keys has to be kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.ids import new_id

FIELD = "once"
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))")


def field() -> Markup:
    """The hidden field of a form, with a fresh key."""
    return Markup('<input type="hidden" name="{}" value="{}" autocomplete="off">').format(FIELD, new_id())


def key_of(written: str | None) -> UUID | None:
    """The key that a form sent, or None if it sent none of ours."""
    try:
        key = UUID(written or "")
    except ValueError:
        return None
    return key if key.version == 7 else None


def id_for(member_id: UUID, written: str | None) -> UUID:
    """The id of what a member's form makes: the same for the same key, and new without one.

    It sorts by the form's birth, and differs for every member, so nobody can take the place of another's id.
    """
    key = key_of(written)
    if key is None:
        return new_id()
    random = hashlib.sha256(member_id.bytes + key.bytes).digest()[:10]
    number = int.from_bytes(key.bytes[:6] + random)
    number = number & ~(0xF << 76) | 7 << 76  # the version
    return UUID(int=number & ~(0b11 << 62) | 0b10 << 62)  # the variant


def job_key(written: str | None, asked: Sequence[Any]) -> str | None:
    """The idempotency key of a job that a form asks for: sent again it is the same job, changed it is another."""
    key = key_of(written)
    return f"form {key} {hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]}" if key else None


async def one_at_a_time(db: AsyncSession, made: UUID) -> None:
    """Let a second request of the same form wait until the first one's transaction is over."""
    await db.execute(_LOCK, {"id": f"once {made}"})

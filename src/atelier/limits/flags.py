"""What operators switch on and off without a new release: for nobody, for some of a hundred members, for everybody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base import events
from atelier.base.db import Table
from atelier.base.errors import AtelierError


@dataclass(frozen=True, slots=True)
class Flag:
    """Something that can be switched; `share` of a hundred members have it until an operator says otherwise."""

    name: str
    title: str
    share: int = 100


UPLOADS = Flag("uploads", "Members bring pictures of their own into the library")
LOOKS = Flag("looks", "Operators look at members' pages with their eyes")
FACTORS = Flag("factors", "Operators and support need a second factor", 0)
FLAGS: Mapping[str, Flag] = {flag.name: flag for flag in (UPLOADS, LOOKS, FACTORS)}


class SwitchedOff(AtelierError):
    """What was asked for is switched off just now."""

    code = "switched_off"
    status = 403


class Switch(Table):
    """An operator's word on a flag."""

    __tablename__ = "flags"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    share: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default="now()")


async def flag(db: AsyncSession, wanted: Flag, *, member: UUID | None = None) -> bool:
    """Whether it is on for this member; for somebody unknown only when it is on for everybody."""
    said = (await db.execute(select(Switch.share).where(Switch.name == wanted.name))).scalar_one_or_none()
    return within(wanted.name, wanted.share if said is None else said, member)


async def shares(db: AsyncSession) -> dict[str, int]:
    """Each flag with how many of a hundred members have it."""
    said = {row.name: row.share for row in await db.scalars(select(Switch))}
    return {name: said.get(name, flag.share) for name, flag in FLAGS.items()}


async def switch(db: AsyncSession, wanted: Flag, share: int, *, by: UUID) -> None:
    """Have it on for `share` of a hundred members; only for operators."""
    before = (await shares(db))[wanted.name]
    if before == share:
        return
    written = insert(Switch).values(name=wanted.name, share=share)
    await db.execute(
        written.on_conflict_do_update(index_elements=["name"], set_={"share": share, "changed_at": func.now()})
    )
    await events.record(db, "flag:switched", member=by, flag=wanted.name, before=before, after=share)


def within(name: str, share: int, member: UUID | None) -> bool:
    """Whether a member is among the `share` of a hundred: the same ones each time, others for each flag."""
    if member is None:
        return share >= 100
    place = int.from_bytes(hashlib.sha256(f"{name}:{member}".encode()).digest()[:8]) % 100
    return place < share

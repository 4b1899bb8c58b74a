"""The figures of the whole studio, read as the operator."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Integer, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.clock import now
from atelier.jobs import Job, State
from atelier.ledger.tables import Account, Hold
from atelier.people.tables import Member

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Disk:
    """Room on the data folder's disk, in bytes, and what the database takes of it (wherever that is)."""

    free: int
    total: int
    database: int

    @property
    def tight(self) -> bool:
        return self.free < max(2 << 30, self.total // 20)


@dataclass(frozen=True, slots=True)
class Overview:
    """What an operator wants to know first."""

    members: int
    newcomers: int  # of the last seven days
    wallets: int  # credits that members can spend
    held: int  # credits put aside for open jobs
    open: dict[State, int]  # jobs that wait or run
    ended: dict[State, int]  # jobs begun in the last 24 hours that have ended


@dataclass(frozen=True, slots=True)
class Hour:
    """The runs begun in one of the last 24 hours that have ended; `place` 0 is the oldest hour, 23 this one."""

    place: int
    begins: datetime
    made: int
    canceled: int
    failed: int

    @property
    def total(self) -> int:
        return self.made + self.canceled + self.failed


async def hours(db: AsyncSession) -> list[Hour]:
    """The last 24 hours, each with its runs."""
    this = now().replace(minute=0, second=0, microsecond=0)
    began = this - 23 * HOUR
    place = cast(func.floor(func.extract("epoch", Job.created_at - began) / 3600), Integer)
    counted = (
        select(place, Job.state, func.count())
        .where(Job.id >= first_id(began), Job.created_at >= began, Job.finished_at.is_not(None))
        .group_by(place, Job.state)
    )
    found = {(row[0], row[1]): row[2] for row in await db.execute(counted)}
    kinds = (State.SUCCEEDED, State.CANCELED, State.FAILED)
    return [Hour(at, began + at * HOUR, *(found.get((at, str(kind)), 0) for kind in kinds)) for at in range(24)]


async def overview(db: AsyncSession) -> Overview:
    """Count everything; each query reads an index or a small table."""
    members = select(func.count(), func.count().filter(Member.id >= first_id(now() - WEEK))).select_from(Member)
    in_all, newcomers = (await db.execute(members)).one()
    wallets = select(func.sum(Account.balance)).where(Account.kind == "wallet")
    held = select(func.sum(Hold.amount)).where(Hold.state == "held")
    waiting = select(Job.state, func.count()).where(Job.state.in_((State.QUEUED, State.RUNNING))).group_by(Job.state)
    ended = select(Job.state, func.count()).where(Job.id >= first_id(now() - DAY), Job.finished_at.is_not(None))
    return Overview(
        members=in_all,
        newcomers=newcomers,
        wallets=int((await db.execute(wallets)).scalar_one() or 0),
        held=int((await db.execute(held)).scalar_one() or 0),
        open=_by_state(await db.execute(waiting)),
        ended=_by_state(await db.execute(ended.group_by(Job.state))),
    )


async def disk(db: AsyncSession, home: Path) -> Disk:
    """How much room there is."""
    usage = await asyncio.to_thread(shutil.disk_usage, home)  # a disk of the network may be slow
    size = int((await db.execute(text("SELECT pg_database_size(current_database())"))).scalar_one())
    return Disk(free=usage.free, total=usage.total, database=size)


def first_id(moment: datetime) -> UUID:
    """The smallest id that can have been made at `moment` (UUIDv7 begins with the milliseconds)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _by_state(rows: object) -> dict[State, int]:
    found = {State(state): count for state, count in rows}  # type: ignore[attr-defined]  # rows of (state, count)
    return {state: found.get(state, 0) for state in State}

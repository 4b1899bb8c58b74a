"""How the engines that compute here are: each worker writes it down, the console and health read it."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Text, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.background import Round
from atelier.base.db import Acting, Database, Table
from atelier.engines import Engines

EVERY = 5.0  # seconds between two notes of a worker
SILENT = timedelta(seconds=30)  # after which a note is of a worker that is gone


class EngineStanding(Table):
    """How one engine of one worker was at a moment; memory in bytes."""

    __tablename__ = "engine_standings"
    worker: Mapped[str] = mapped_column(Text, primary_key=True)
    engine: Mapped[str] = mapped_column(Text, primary_key=True)
    condition: Mapped[str] = mapped_column(Text)
    children: Mapped[int]
    memory: Mapped[int] = mapped_column(BigInteger)
    gpu: Mapped[int] = mapped_column(BigInteger)
    plan: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default="now()")


@dataclass(frozen=True, slots=True)
class Noting:
    """Writes down how this worker's engines are."""

    database: Database  # the worker's
    engines: Engines

    @property
    def rounds(self) -> Sequence[Round]:
        return [Round("engines:standing", EVERY, self.note)]

    async def note(self) -> None:
        """Write this worker's engines down, and forget what workers wrote that are gone."""
        worker = f"{socket.gethostname()}-{os.getpid()}"
        rows = [
            {
                "worker": worker,
                "engine": name,
                "condition": str(each.condition),
                "children": each.children,
                "memory": each.memory,
                "gpu": each.gpu,
                "plan": each.plan,
            }
            for name, each in sorted(self.engines.standings().items())
        ]
        gone = delete(EngineStanding).where(EngineStanding.at < func.now() - SILENT)
        async with self.database.transaction(Acting.for_studio()) as db:
            for row in rows:
                new = insert(EngineStanding).values(row)
                keys = [EngineStanding.worker, EngineStanding.engine]
                await db.execute(new.on_conflict_do_update(index_elements=keys, set_={**row, "at": func.now()}))
            await db.execute(gone)


async def standings(db: AsyncSession) -> Sequence[EngineStanding]:
    """Those of workers that live."""
    living = select(EngineStanding).where(EngineStanding.at > func.now() - SILENT)
    return (await db.scalars(living.order_by(EngineStanding.engine, EngineStanding.worker))).all()


async def worst(db: AsyncSession) -> str:
    """`ok`, or the condition that an operator should know of: `failed` before `degraded`."""
    found = {each.condition for each in await standings(db)}
    return next((each for each in ("failed", "degraded") if each in found), "ok")

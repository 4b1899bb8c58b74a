"""Series that a job measures while it runs, as the loss of a training: kept with the job, for plots."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Acting, Database, Table

WRITE_EVERY = 1.0  # seconds between two writes


class JobMeasure(Table):
    """One point of a job's series."""

    __tablename__ = "job_measures"
    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    value: Mapped[float]


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a step."""

    step: int
    value: float


class Measures:
    """Writes a job's points, at most once a second; a point that was written already is replaced."""

    def __init__(
        self, database: Database, job_id: UUID, member_id: UUID, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._job_id = job_id
        self._member_id = member_id
        self._clock = clock
        self._written = clock()
        self._points: dict[tuple[str, int], float] = {}

    async def add(self, name: str, step: int, value: float) -> None:
        """Keep one point. A value that is not a number, or infinite, has no place in a plot and is left out."""
        if math.isfinite(value):
            self._points[(name[:60], step)] = float(value)
        if self._clock() - self._written >= WRITE_EVERY:
            await self.write()

    async def write(self) -> None:
        """Write what is not written yet."""
        self._written = self._clock()
        if not self._points:
            return
        points, self._points = self._points, {}
        rows = [
            {"job_id": self._job_id, "name": name, "step": step, "member_id": self._member_id, "value": value}
            for (name, step), value in points.items()
        ]
        statement = insert(JobMeasure).values(rows)
        async with self._database.transaction(Acting.member(self._member_id)) as db:
            await db.execute(
                statement.on_conflict_do_update(
                    index_elements=["job_id", "name", "step"], set_={"value": statement.excluded.value}
                )
            )


async def measures(db: AsyncSession, job_id: UUID) -> dict[str, list[Point]]:
    """The series of a job by their names, each in the order of its steps."""
    found: dict[str, list[Point]] = {}
    of_job = select(JobMeasure.name, JobMeasure.step, JobMeasure.value).where(JobMeasure.job_id == job_id)
    for name, step, value in await db.execute(of_job.order_by(JobMeasure.name, JobMeasure.step)):
        found.setdefault(name, []).append(Point(step, value))
    return found

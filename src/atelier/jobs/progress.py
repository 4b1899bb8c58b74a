"""A running job's progress: small, throttled, and never in the event table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.db import Acting, Database
from atelier.base.log import get_log
from atelier.jobs.tables import Progress

CHANNEL = "atelier_progress"
EVERY = 0.25  # seconds between two reports of a job


class Reporter:
    """Reports how far a job is, at most every quarter of a second; the latest wins."""

    def __init__(
        self, database: Database, job_id: UUID, member_id: UUID, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._job_id = job_id
        self._member_id = member_id
        self._clock = clock
        self._sent = 0.0
        self._version = 0
        self._far: dict[int, dict[str, int]] = {}  # how far each file is, told or not
        self._latest: dict[int, dict[str, object]] = {}  # what is not told yet

    async def step(self, position: int, step: int, steps: int) -> None:
        self._far[position] = {"step": step, "steps": steps}
        self._latest.setdefault(position, {})
        await self._report()

    async def preview(self, position: int, data: bytes, content_type: str) -> None:
        self._latest.setdefault(position, {}).update(preview=data, preview_type=content_type)
        await self._report()

    async def _report(self) -> None:
        if self._clock() - self._sent < EVERY:
            return
        self._sent = self._clock()
        self._version += 1
        latest, self._latest = self._latest, {}
        try:
            await self._tell(latest)
        except (SQLAlchemyError, OSError) as error:
            # no reason to stop the run: what was not told is told with the next
            get_log().warning("progress:lost", job=str(self._job_id), reason=str(error))
            self._latest = latest

    async def _tell(self, latest: dict[int, dict[str, object]]) -> None:
        async with self._database.transaction(Acting.member(self._member_id)) as db:
            for position, values in latest.items():
                row = {"step": 0, "steps": 1} | self._far.get(position, {}) | values | {"version": self._version}
                await db.execute(
                    insert(Progress)
                    .values(job_id=self._job_id, position=position, member_id=self._member_id, **row)
                    .on_conflict_do_update(index_elements=["job_id", "position"], set_=row)
                )
                hint = {"member": str(self._member_id), "job": str(self._job_id), "position": position}
                await db.execute(
                    text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": json.dumps(hint)}
                )


_FAR = text(
    """SELECT p.job_id, p.position, p.step, p.steps, p.version, p.preview IS NOT NULL AS seen,
              extract(epoch FROM clock_timestamp() - j.started_at)::double precision AS elapsed
       FROM job_progress p JOIN jobs j ON j.id = p.job_id WHERE p.job_id = ANY(:jobs) ORDER BY p.job_id, p.position"""
)


async def read(db: AsyncSession, hints: Collection[tuple[UUID, int]]) -> list[dict[str, object]]:
    """How far the files are of which signals came, as a page or program is told; of others' jobs nothing is found."""
    rows = await db.execute(_FAR, {"jobs": list({job for job, _ in hints})})
    return [
        {
            "job": str(row.job_id),
            "position": row.position,
            "step": row.step,
            "steps": row.steps,
            "preview": f"/jobs/{row.job_id}/preview/{row.position}?v={row.version}" if row.seen else None,
            "elapsed_s": round(row.elapsed or 0.0, 1),
        }
        for row in rows
        if (row.job_id, row.position) in hints
    ]

"""Finding jobs: one by its id, or a member's in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.errors import NotFound
from atelier.jobs.tables import Job, Progress, State


class NoSuchJob(NotFound):
    """No job of that id is this caller's."""

    code = "unknown_job"

    def __init__(self) -> None:
        super().__init__("job", "There is no such run here.")


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a member's jobs, newest first; `next` is the cursor of the older ones."""

    items: Sequence[Job]
    next: UUID | None
    total: int


async def find(db: AsyncSession, job_id: UUID) -> Job:
    """The job of that id that the transaction may see, or `NoSuchJob`."""
    found = await db.get(Job, job_id, populate_existing=True)
    if found is None:
        raise NoSuchJob
    return found


async def listing(
    db: AsyncSession,
    *,
    member_id: UUID,
    before: UUID | None = None,
    limit: int = 20,
    states: Sequence[State] = (),
    tool: str | None = None,
) -> Page:
    """A member's jobs, newest first, with the true total of all that match."""
    matching = [Job.member_id == member_id]
    if states:
        matching.append(Job.state.in_([str(state) for state in states]))
    if tool:
        matching.append(Job.tool == tool)
    total = (await db.execute(select(func.count()).select_from(Job).where(*matching))).scalar_one()
    older = [Job.id < before] if before else []
    found = (
        (await db.execute(select(Job).where(*matching, *older).order_by(Job.id.desc()).limit(limit + 1)))
        .scalars()
        .all()
    )
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None, total)


async def progress(db: AsyncSession, job_ids: Sequence[UUID]) -> dict[UUID, dict[int, Progress]]:
    """How far the files of running jobs are, without the previews themselves: an empty one stands for each."""
    found: dict[UUID, dict[int, Progress]] = {job_id: {} for job_id in job_ids}
    if job_ids:
        columns = (Progress.job_id, Progress.position, Progress.step, Progress.steps, Progress.version)
        seen = Progress.preview.is_not(None).label("seen")
        for row in await db.execute(select(*columns, seen).where(Progress.job_id.in_(job_ids))):
            found[row.job_id][row.position] = Progress(
                job_id=row.job_id,
                position=row.position,
                step=row.step,
                steps=row.steps,
                version=row.version,
                preview=b"" if row.seen else None,
            )
    return found

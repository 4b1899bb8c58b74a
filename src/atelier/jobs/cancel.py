"""Cancel a job: at once while it waits, within two seconds while it runs."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base import events
from atelier.base.errors import Conflict
from atelier.jobs.rows import find
from atelier.jobs.tables import Job, Mode, State

CHANNEL = "atelier_cancel"
OPEN = (State.QUEUED, State.RUNNING)


class AlreadyOver(Conflict):
    """A job that has ended cannot be canceled."""

    code = "job_over"


async def cancel(db: AsyncSession, job_id: UUID) -> Job:
    """Cancel a job that the transaction may see; canceling twice is the same as once.

    A waiting job ends here, with its credits back. A running one is asked to stop: its worker keeps and charges what is
    finished, and gives the rest back. With a parent its open children are canceled.
    """
    job = await find(db, job_id)
    if job.state == State.CANCELED:
        return job
    if job.over:
        raise AlreadyOver("This run has already ended.")
    ended = (
        await db.execute(
            update(Job)
            .where(Job.id == job_id, Job.state == State.QUEUED)
            .values(state=State.CANCELED, charged=0, finished_at=func.now(), cancel_requested_at=func.now())
            .returning(Job.member_id)
        )
    ).scalar_one_or_none()
    if job.mode == Mode.PARENT:
        for child in await db.scalars(select(Job.id).where(Job.parent_id == job_id, Job.state.in_(OPEN))):
            await cancel(db, child)
        await db.execute(text("SELECT jobs_enter_advance(:job, :member)"), {"job": job_id, "member": job.member_id})
    if ended is not None:
        await ledger.release(db, job_id=job_id)
        await db.execute(text("SELECT dequeue_job(:job)"), {"job": job_id})
        await events.record(db, "job:canceled", member=ended, subject=job_id, state=State.CANCELED, made=0)
    else:
        await db.execute(
            update(Job)
            .where(Job.id == job_id, Job.state == State.RUNNING, Job.cancel_requested_at.is_(None))
            .values(cancel_requested_at=func.now())
        )
        await db.execute(text("SELECT pg_notify(:channel, :job)"), {"channel": CHANNEL, "job": str(job_id)})
    return await find(db, job_id)

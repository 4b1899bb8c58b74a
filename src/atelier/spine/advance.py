"""Advance: a parent job goes on. Its tool decides what comes next; children begin, or the parent ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import Acting
from atelier.base.errors import AtelierError
from atelier.jobs import Job, Mode, State, cancel
from atelier.spine.begin import JobRequest, begin
from atelier.spine.ending import Ending, failed
from atelier.spine.finish import finish
from atelier.spine.sealing import is_sealed, terms_changed
from atelier.spine.studio import Studio
from atelier.tools import InvalidInput, UnknownTool, find
from atelier.tools.parent import Child, Done, ParentTool, Start, Wait

LONGEST_NAME = 100  # characters of a child's name


class _Stopped(Exception):
    """A child could not begin, so the parent fails."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.message)
        self.ending = ending


async def advance(studio: Studio, job_id: str, member_id: str) -> None:
    """Look at a parent once, as each end of a child asks for. It does nothing for a parent that has ended."""
    parent_id, member = UUID(job_id), UUID(member_id)
    try:
        async with studio.worker_db.transaction(Acting.member(member)) as db:
            ending = await _look(db, studio, parent_id, member)
    except _Stopped as stopped:
        ending = stopped.ending
    if ending is None:
        return
    async with studio.worker_db.transaction(Acting.member(member)) as db:
        job = await db.get(Job, parent_id)
        if ending.state is not State.SUCCEEDED:
            for child in await _children(db, parent_id):
                if child.open:
                    await cancel(db, child.job_id)
    if job is not None:
        await finish(studio.worker_db, job, ending)


async def _look(db: AsyncSession, studio: Studio, parent_id: UUID, member: UUID) -> Ending | None:
    locked = select(Job).where(Job.id == parent_id, Job.mode == Mode.PARENT).with_for_update()
    job = (await db.execute(locked)).scalar_one_or_none()
    if job is None or job.over:
        return None
    if not is_sealed(studio.secret, job):
        return terms_changed(job)
    if job.state == State.QUEUED:
        mine = update(Job).where(Job.id == parent_id)
        await db.execute(mine.values(state=State.RUNNING, attempt=1, started_at=func.now()))
        await events.record(db, "job:started", member=member, subject=parent_id, state=State.RUNNING, attempt=1)
    children = await _children(db, parent_id)
    if job.cancel_requested_at is not None:
        return None if any(child.open for child in children) else Ending(State.CANCELED)
    try:
        tool = find(job.tool)
        assert isinstance(tool, ParentTool)
        step = tool.next(tool.parse(job.input), children)
    except (UnknownTool, InvalidInput):
        return failed("unreadable", "This run was written by another release and cannot go on in this one.")
    match step:
        case Wait():
            if not any(child.open for child in children):
                return failed("stuck", f"{tool.name} waits for nothing.")
            return None
        case Done(result, error):
            if error is not None:
                return failed("children_failed", error)
            return Ending(State.SUCCEEDED, result=dict(result) or None)
        case Start(requests):
            for request in requests:
                child = JobRequest(
                    request.tool, request.input, request.model, "api", f"{parent_id}:{request.name}"[:200]
                )
                try:
                    await begin(db, studio, member, child, parent=job)
                except AtelierError as error:
                    message = f"{request.name[:LONGEST_NAME]} could not begin: {error.message}"
                    raise _Stopped(failed(error.code, message)) from error
            return None
        case _:
            assert_never(step)


async def _children(db: AsyncSession, parent_id: UUID) -> Sequence[Child]:
    found = await db.execute(select(Job).where(Job.parent_id == parent_id).order_by(Job.id))
    return [
        Child(
            name=(job.idempotency_key or "").partition(":")[2],
            job_id=job.id,
            state=job.state,
            result=job.result,
            error=job.error_message,
        )
        for job in found.scalars()
    ]

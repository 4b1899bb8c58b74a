"""Erasing who left: their files, then all their rows in one transaction, then what came in between.

Each step may be repeated and none needs the one before to have been the same process: killed anywhere, it goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from atelier import jobs
from atelier.assets.store import Store
from atelier.assets.sweep import forget
from atelier.base.db import Acting, Database
from atelier.base.log import get_log
from atelier.jobs import Job, State
from atelier.jobs.background import Again
from atelier.people.locks import account_of
from atelier.people.tables import Member

RETRY_DELAY_SECONDS = 2.0  # seconds until what was asked to stop has stopped
STILL_MADE = "AL103"
_BEGIN = text("SELECT people_erase_begin(:member)")
_ERASE = text("SELECT people_erase(:member, :account)")
_GONE = text("SELECT EXISTS (SELECT FROM erasures WHERE id = :member AND ended_at IS NOT NULL)")


@dataclass(frozen=True, slots=True)
class Eraser:
    """What erasing needs."""

    database: Database  # the worker's
    store: Store
    key: Callable[[str], bytes]  # the studio's own for each purpose

    async def run(self, member_id: str) -> None:
        """Erase that member if it is time; `Again` while something of theirs is still being made."""
        member = UUID(member_id)
        async with self.database.transaction(Acting.for_studio()) as db:
            if not (await db.execute(_BEGIN, {"member": member})).scalar_one():
                gone = (await db.execute(_GONE, {"member": member})).scalar_one()
                if not gone:
                    return
            email = await db.scalar(select(Member.email).where(Member.id == member))
        if email is not None:
            await self._stop(member)
            await forget(self.store, member)
            await self._rows(member, email)
        files = await forget(self.store, member)  # what a worker wrote that did not know yet
        get_log().info("member:erased", member=member_id, late_files=files)

    async def _stop(self, member: UUID) -> None:
        """Cancel what runs; the worker that has it gives the credits back."""
        async with self.database.transaction(Acting.member(member)) as db:
            running = select(Job.id).where(Job.member_id == member, Job.state.in_((State.QUEUED, State.RUNNING)))
            still = [await jobs.cancel(db, job_id) for job_id in (await db.scalars(running)).all()]
        if any(not job.over for job in still):
            raise Again(RETRY_DELAY_SECONDS)

    async def _rows(self, member: UUID, email: str) -> None:
        try:
            async with self.database.transaction(Acting.for_studio()) as db:
                await db.execute(_ERASE, {"member": member, "account": account_of(self.key, email)})
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") == STILL_MADE:
                raise Again(RETRY_DELAY_SECONDS) from error
            raise

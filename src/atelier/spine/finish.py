"""Finish: writes how a job ended, in one transaction."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Text, bindparam, text

from atelier import assets
from atelier.assets.lineage import connect
from atelier.base.db import Acting, Database, commit_together
from atelier.base.ids import new_id
from atelier.base.log import get_log
from atelier.jobs import Job, State
from atelier.jobs.rescue import Seen
from atelier.jobs.tables import Claim
from atelier.spine.ending import Ending, failed
from atelier.tools import Terms, find

# The fence, the event, the settlement and the queue's entry, in one round trip. An entry that another worker is just
# taking is left to it: it finds the job over, and removes the entry.
_END = text(
    """WITH ended AS (
         UPDATE jobs SET state = :state, made = :made, charged = :charged, finished_at = now(), error_code = :code,
                error_message = :message, used = CAST(:used AS jsonb), cost = CAST(:cost AS jsonb),
                result = CAST(:result AS jsonb)
         WHERE id = :job AND attempt = :attempt AND state IN ('queued', 'running')
         RETURNING id, member_id),
       fact AS (
         INSERT INTO events (kind, member_id, subject_id, data)
         SELECT 'job:' || :state, member_id, id, CAST(:fact AS jsonb) FROM ended),
       settled AS (SELECT ledger_settle(:transfer, id, :charged) FROM ended WHERE :price > 0),
       forgotten AS (DELETE FROM job_progress USING ended WHERE job_id = ended.id),
       unqueued AS (
         DELETE FROM procrastinate_jobs WHERE id = (
           SELECT q.id FROM procrastinate_jobs q, ended WHERE q.id = :entry FOR UPDATE OF q SKIP LOCKED))
       SELECT ended.id FROM ended LEFT JOIN settled ON true"""
).bindparams(
    *(bindparam(name, type_=Text) for name in ("state", "used", "cost", "result")),
    bindparam("entry", type_=BigInteger),
    bindparam("charged", type_=Integer),
    bindparam("price", type_=Integer),
)


async def finish(database: Database, job: Claim | Job, ending: Ending, *, entry: int | None = None) -> bool:
    """Write an ending in one transaction: the job's state, files, settlement, event, and the queue's `entry` removed.

    False if another attempt owns the job, or it has ended already; then nothing is written.
    """
    made = len(ending.kept)
    charged = Terms.from_json(job.terms).charge(ending.used) if ending.used else 0
    values = {
        "job": job.id,
        "attempt": job.attempt,
        "state": ending.state,
        "made": made,
        "charged": charged,
        "price": job.price,
        "used": json.dumps(dict(ending.used)),
        "cost": json.dumps(dict(ending.cost)),
        "result": json.dumps(ending.result) if ending.result is not None else None,
        "transfer": new_id(),
        "code": ending.code,
        "message": ending.message,
        "entry": entry,
        "fact": json.dumps({"state": ending.state, "made": made, "charged": charged, "code": ending.code}),
    }
    async with database.transaction(Acting.member(job.member_id)) as db:
        if (await db.execute(_END, values)).scalar_one_or_none() is None:
            get_log().warning("job:superseded", job=str(job.id), attempt=job.attempt)
            return False
        added = [
            (await assets.add(db, kept, job_id=job.id, position=position, title=job.title)).id
            for position, kept in sorted(ending.kept.items())
        ]
        if added:
            await connect(db, job.member_id, added, _sources(job))
        await commit_together(db)
    get_log().info(f"job:{ending.state}", job=str(job.id), member=str(job.member_id), made=made, charged=charged)
    return True


# the entry of a job that waits; that of one that runs is its worker's
_WAITS = text("SELECT id FROM procrastinate_jobs WHERE queueing_lock = :job AND status = 'todo'")


def _sources(job: Claim | Job) -> dict[str, list[UUID]]:
    """The files that a job worked on, by the field of its input that names them."""
    tool = find(job.tool)
    found: dict[str, list[UUID]] = {}
    for need in tool.needs(tool.parse(job.input)):
        found.setdefault(need.field, []).extend(need.ids)
    return found


async def expire(database: Database, job_id: UUID, member_id: UUID, seen: Seen) -> None:
    """End a job that waited or ran for too long without a worker, with its credits back, if it still is as `seen`."""
    async with database.transaction(Acting.member(member_id)) as db:
        job = await db.get(Job, job_id)
        entry = (await db.execute(_WAITS, {"job": str(job_id)})).scalar_one_or_none()
    if job is None or (job.state, job.attempt) != (seen.state, seen.attempt):
        return
    waited = seen.state == State.QUEUED
    message = "No worker was there to do this." if waited else "Its worker did not end this in its time."
    await finish(database, job, failed("nobody_came" if waited else "deadline", message), entry=entry)

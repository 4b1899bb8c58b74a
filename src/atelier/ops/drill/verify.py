"""Reads the books after a drill: what is lost, what happened twice, and whether every credit is where it belongs."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.assets import Assets
from atelier.base.db import Acting, Database
from atelier.base.errors import NotFound
from atelier.ops.drill.crowd import Crowd

ENDS = ("job:succeeded", "job:failed", "job:canceled")


@dataclass(slots=True)
class Outcome:
    """What a drill found. `passed` means that nothing is lost, nothing doubled, and every credit accounted for."""

    jobs: int
    kills: int = 0
    lost: int = 0
    doubled: int = 0
    credits_off: int = 0
    orphans: int = 0
    passed: bool = False
    seed: int = 0
    seconds: float = 0.0
    states: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def lose(self, fault: str) -> None:
        self.lost += 1
        self.faults.append(f"lost: {fault}")

    def double(self, fault: str) -> None:
        self.doubled += 1
        self.faults.append(f"doubled: {fault}")

    def miscount(self, credits: int, fault: str) -> None:
        self.credits_off += max(1, abs(credits))
        self.faults.append(f"credits off: {fault}")


async def verify(outcome: Outcome, crowd: Crowd, operator_db: Database, assets: Assets) -> None:
    """Compare what members were told with what is there; writes into `outcome`."""
    async with operator_db.transaction(Acting.for_studio()) as db:
        jobs = (await db.execute(text("SELECT * FROM jobs"))).mappings().all()
        made = (await db.execute(text("SELECT id, job_id, position, path, thumb_path, sha256 FROM assets"))).all()
        facts = (await db.execute(text("SELECT kind, subject_id FROM events WHERE subject_id IS NOT NULL"))).all()
        await _money(outcome, crowd, db)
    _jobs(outcome, crowd, [dict(job) for job in jobs])
    _facts(outcome, [dict(job) for job in jobs], Counter((row.kind, row.subject_id) for row in facts))
    await _files(outcome, [dict(job) for job in jobs], [row._asdict() for row in made], assets)
    outcome.states = dict(Counter(job["state"] for job in jobs))


def _jobs(outcome: Outcome, crowd: Crowd, jobs: list[dict[str, Any]]) -> None:
    """Every request is exactly one job, the one that its member was told of, and it has ended."""
    keys = Counter(f"{job['member_id']} {job['idempotency_key']}" for job in jobs)
    known = {str(job["id"]) for job in jobs}
    for asked in crowd.requests:
        key = f"{asked.person.id} {asked.key}"
        told = crowd.told.get(key, set())
        if not keys[key]:
            outcome.lose(f"“{asked.key}” has no job")
        if keys[key] > 1 or len(told) > 1:
            outcome.double(f"“{asked.key}” became {max(keys[key], len(told))} jobs")
        for gone in told - known:
            outcome.lose(f"job {gone} was promised and is not there")
    for job in jobs:
        if job["finished_at"] is None:
            outcome.lose(f"job {job['id']} is still {job['state']}")
    for refused in crowd.refused:
        outcome.lose(f"a request was refused: {refused}")


def _facts(outcome: Outcome, jobs: list[dict[str, Any]], facts: Counter[tuple[str, Any]]) -> None:
    """Every job tells once that it was queued, and once how it ended."""
    for job in jobs:
        for kind in ("job:queued", f"job:{job['state']}") if job["finished_at"] else ("job:queued",):
            if not facts[kind, job["id"]]:
                outcome.lose(f"job {job['id']} never said {kind}")
        ends = sum(facts[kind, job["id"]] for kind in ENDS)
        if ends > 1 or facts["job:queued", job["id"]] > 1:
            outcome.double(f"job {job['id']} ended {ends} times")


async def _files(outcome: Outcome, jobs: list[dict[str, Any]], made: list[dict[str, Any]], assets: Assets) -> None:
    """Every file that a job made is there once, and is what it was."""
    count = Counter(row["job_id"] for row in made)
    for job in jobs:
        if count[job["id"]] < job["made"]:
            outcome.lose(f"job {job['id']} made {job['made']} files and {count[job['id']]} are known")
        if count[job["id"]] > job["made"]:
            outcome.double(f"job {job['id']} made {job['made']} files and {count[job['id']]} are known")
        if job["state"] == "succeeded" and job["made"] != job["expected"]:
            outcome.lose(f"job {job['id']} succeeded with {job['made']} of {job['expected']} files")
    for row in made:
        try:
            data = await assets.store.get(row["path"])
            await assets.store.get(row["thumb_path"])
        except NotFound:
            outcome.lose(f"the file of asset {row['id']} is gone")
        else:
            if hashlib.sha256(data).hexdigest() != row["sha256"]:
                outcome.lose(f"the file of asset {row['id']} is another than was written")


_OFF = text("""
SELECT j.id, j.price, j.charged, j.made, j.expected, h.state, h.used,
       (SELECT count(*) FROM transfers t WHERE t.hold_id = j.id AND t.kind = 'hold') AS holds,
       (SELECT count(*) FROM transfers t WHERE t.hold_id = j.id AND t.kind <> 'hold') AS ends
FROM jobs j LEFT JOIN holds h ON h.id = j.id""")
_CHARGED = text("SELECT coalesce(sum(charged), 0) FROM jobs WHERE member_id = :member")
_ORPHANED = text(
    "SELECT count(*), coalesce(sum(amount), 0) FROM holds WHERE kind = 'job' AND id NOT IN (SELECT id FROM jobs)"
)


async def _money(outcome: Outcome, crowd: Crowd, db: AsyncSession) -> None:
    """Each wallet has what was granted less what was charged, each job one hold and one ending; the ledger agrees."""
    for person in crowd.people:
        balance = await ledger.balance(db, member_id=person.id)
        wanted = person.granted - (await db.execute(_CHARGED, {"member": person.id})).scalar_one()
        if balance.available != wanted or balance.held:
            off = balance.available - wanted
            outcome.miscount(off, f"a wallet has {balance.available} and {balance.held} held instead of {wanted}")
    for row in await db.execute(_OFF):
        if row.holds != 1 or row.ends > 1:
            outcome.double(f"job {row.id} was held {row.holds} times and settled {row.ends} times")
        if row.charged is not None and row.used != row.charged:
            outcome.miscount(row.charged - (row.used or 0), f"job {row.id} says {row.charged} and its hold {row.used}")
    orphaned, amount = (await db.execute(_ORPHANED)).one()
    if orphaned:
        outcome.miscount(amount, f"{orphaned} holds stand for jobs that are gone")
    for difference in (await ledger.check(db)).differences:
        outcome.miscount(difference.found - difference.expected, str(difference))

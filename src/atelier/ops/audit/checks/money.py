"""Credits: the ledger recomputed, and each job against its hold."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.catalog import switched_off
from atelier.jobs import Job, State
from atelier.ops.audit.check import Evidence, check, counted, evidence
from atelier.ops.audit.ground import Ground
from atelier.spine import JobRequest, begin
from atelier.spine.begin import KeyReused
from atelier.spine.sealing import is_sealed

HOLDS = text("""
SELECT 'job ' || j.id || ' is ' || j.state || ' without a hold' FROM jobs j LEFT JOIN holds h ON h.id = j.id
  WHERE j.state IN ('queued', 'running') AND j.price > 0
    AND (h.id IS NULL OR h.state <> 'held' OR h.amount <> j.price)
UNION ALL
SELECT 'a hold of ' || h.amount || ' stands for job ' || h.id || ', which ' || coalesce('is ' || j.state, 'is gone')
  FROM holds h LEFT JOIN jobs j ON j.id = h.id
  WHERE h.kind = 'job' AND h.state = 'held' AND (j.id IS NULL OR j.state NOT IN ('queued', 'running'))
LIMIT 100""")
CHARGES = text("""
SELECT 'job ' || j.id || ' says ' || j.charged || ' and its hold ' || coalesce(h.used::text, 'nothing')
  FROM jobs j LEFT JOIN holds h ON h.id = j.id
  WHERE j.finished_at IS NOT NULL AND j.price > 0 AND h.used IS DISTINCT FROM j.charged
UNION ALL
SELECT 'job ' || id || ' used ' || coalesce(used::text, 'nothing') || ' and was charged ' || charged || ' instead of '
       || due FROM jobs, LATERAL (SELECT terms_price(terms, used) AS due) AS priced
  WHERE finished_at IS NOT NULL AND charged <> due
UNION ALL
SELECT 'job ' || id || ' agreed on at most ' || (terms -> 'most')::text || ' and holds ' || price
  FROM jobs WHERE price <> terms_price(terms, terms -> 'most')
LIMIT 100""")

WRITE = text(
    """INSERT INTO jobs (id, member_id, tool, model, queue, title, input, terms, source, deadline_s, expected, price,
         seal)
       VALUES (:id, :me, 'audit', 'audit', 'audit', '', '{}', CAST(:terms AS jsonb), 'api', 9, 1, :price, '')"""
)
AGREED = '{"rates": {"pictures": "1"}, "most": {"pictures": 4}}'
UNPAID: Mapping[str, Mapping[str, object]] = {
    "that nothing is held for": {"terms": AGREED, "price": 4},
    "for less than its terms": {"terms": AGREED, "price": 0},
}


@check(
    "money.balanced",
    "F3",
    "B3",
    title="The ledger is in balance, recomputed from its postings",
    remedy="Run `atelier ledger check` for each difference; restore a backup from before the first of them.",
    quick=True,
)
async def balanced(ground: Ground) -> Evidence:
    async with ground.studio.operator_db.transaction(Acting.for_studio()) as db:
        report = await ledger.check(db)
    faults = [str(difference) for difference in report.differences]
    return evidence(faults, f"{report.accounts} accounts and {report.postings} postings agree.")


async def _rows(ground: Ground, query: object) -> list[str]:
    async with ground.studio.operator_db.transaction(Acting.for_studio()) as db:
        return [row[0] for row in await db.execute(query)]  # type: ignore[call-overload]


@check(
    "money.holds",
    "B3",
    title="Each open job has its hold, and each open hold its job",
    remedy="Release the hold of a job that is gone (ledger.release), or end the job; then look for who wrote it so.",
    quick=True,
)
async def holds(ground: Ground) -> Evidence:
    faults = await _rows(ground, HOLDS)
    found = await _rows(ground, text("SELECT count(*)::text FROM holds WHERE state = 'held'"))
    return evidence(faults, f"{counted(int(found[0]), 'hold')}, each for an open job of that price.")


@check(
    "money.charges",
    "B3",
    title="Each job holds what its terms ask for, and was charged exactly for what it used",
    remedy="Grant the member the difference, and look for who settled it so.",
)
async def charges(ground: Ground) -> Evidence:
    faults = await _rows(ground, CHARGES)
    found = await _rows(ground, text("SELECT count(*)::text FROM jobs WHERE finished_at IS NOT NULL"))
    return evidence(
        faults,
        f"{counted(int(found[0]), 'finished job')}, each charged for what it used by the rates that it agreed on.",
    )


@check(
    "money.terms",
    "B3",
    "A9",
    title="No job is written without the hold that its terms ask for, and no terms are made up",
    remedy="Workers end a job without seal and give its credits back. Look for who wrote it; restore trigger `paid`.",
)
async def terms(ground: Ground) -> Evidence:
    faults = [f"a web process wrote a job {what}" for what, row in UNPAID.items() if await _written(ground, row)]
    async with ground.studio.operator_db.transaction(Acting.for_studio()) as db:
        found = (await db.execute(select(Job).where(Job.state.in_((State.QUEUED, State.RUNNING))))).scalars().all()
    secret = ground.studio.secret
    faults += [f"job {job.id} does not bear this studio's seal" for job in found if not is_sealed(secret, job)]
    return evidence(faults, f"{counted(len(found), 'open job')} sealed; {len(UNPAID)} unpaid ones were refused.")


async def _written(ground: Ground, row: Mapping[str, object]) -> bool:
    """Whether a web process's own connection could commit such a job; it is rolled back."""
    _, stranger = await ground.guests()
    try:
        async with ground.studio.web_db.transaction(Acting.member(stranger.id)) as db:
            await db.execute(WRITE, {"id": new_id(), "me": stranger.id, **row})
            await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            raise _Back(Evidence(False, ""))
    except _Back:
        return True
    except DBAPIError:
        return False


@check(
    "money.idempotency",
    "B3",
    "F2",
    title="The same request with the same key is one job and one hold",
    remedy="Look at `begin`: the key is bound to the member and the request, under a lock.",
)
async def idempotency(ground: Ground) -> Evidence:
    _, stranger = await ground.guests()
    try:
        async with ground.studio.web_db.transaction(Acting.member(stranger.id)) as db:
            raise _Back(await _twice(ground, db, stranger.id))
    except _Back as back:
        return back.found


async def _twice(ground: Ground, db: AsyncSession, member: UUID) -> Evidence:
    """In a transaction that is rolled back: a wallet, the welcome, and the same request twice."""
    await ledger.open_wallet(db, member_id=member)
    given = await ledger.welcome(db, member_id=member)
    catalog, off = ground.studio.catalog, await switched_off(db)
    model = next((m for m in catalog.current.ready("image.generate") if m.id not in off), None)
    if model is None or (cost := model.terms({"pictures": 1}).held) > given:
        return Evidence(True, "No model is on offer that the welcome could buy a picture of: there was nothing to try.")
    asked = JobRequest(model.tool, {"prompt": "audit", "count": 1}, model.id, key="audit")
    first = await begin(db, ground.studio, member, asked)
    second = await begin(db, ground.studio, member, asked)
    faults = ["the second request made a second job"] if first != second else []
    other = await db.execute(text("SELECT count(*) FROM jobs WHERE member_id = :member"), {"member": member})
    held = (await ledger.balance(db, member_id=member)).held
    if (count := other.scalar_one()) != 1:
        faults.append(f"{count} jobs were written")
    if held != cost:
        faults.append(f"{held} credits were held instead of {cost}")
    try:
        await begin(
            db, ground.studio, member, JobRequest(model.tool, {"prompt": "another", "count": 1}, model.id, key="audit")
        )
        faults.append("another request got in with the same key")
    except KeyReused:
        pass
    return evidence(
        faults, f"Two requests with one key were one job that held {held} credits; another request was refused."
    )


class _Back(Exception):
    """Rolls the transaction back."""

    def __init__(self, found: Evidence) -> None:
        self.found = found

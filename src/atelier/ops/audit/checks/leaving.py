"""Members take everything along, and of who left nothing is left: read from the catalogue, the rows and the store."""

from __future__ import annotations

from atelier.base.db import Acting
from atelier.ops.audit.check import Evidence, Severity, check, counted, evidence
from atelier.ops.audit.ground import Ground
from atelier.people.leaving import owned

NEWEST = 200  # of those who left, whose folders are looked into
OWNERS = "SELECT name, owner FROM people_owned()"
GONE = "SELECT id FROM erasures WHERE ended_at IS NOT NULL ORDER BY ended_at DESC"
LEFT = "SELECT DISTINCT {owner} FROM {name} WHERE {owner} = ANY ($1)"
LATE = "SELECT count(*) FROM departures WHERE due_at < now() - interval '1 day'"
KEPT = "SELECT count(*) FROM exports WHERE state = 'ready' AND expires_at < now() - interval '1 hour'"


@check(
    "leaving.covered",
    "A9",
    title="An export holds every table that somebody can own something in, or says why not",
    remedy="Name the column in MENTIONED or LEFT_OUT of atelier/people/leaving/owned.py, with what becomes of it.",
    quick=True,
)
async def covered(ground: Ground) -> Evidence:
    async with ground.studio.worker_db.transaction(Acting.for_studio()) as db:
        found = await owned.sort(db)
    faults = [f"{name}.{column} names members and is in no export" for name, column in found.forgotten]
    told = len(found.exported) + len(owned.STATEMENT) + 1
    return evidence(faults, f"{told} tables are exported, {len(owned.LEFT_OUT)} columns left out with a reason.")


@check(
    "leaving.erased",
    "A9",
    title="Of members who are erased no row and no file is left",
    remedy="Add them to departures again with due_at = now(): the worker erases what came since.",
    quick=True,
)
async def erased(ground: Ground) -> Evidence:
    owner = await ground.owner()
    gone = [row["id"] for row in await owner.fetch(GONE)]
    faults = []
    for table in await owner.fetch(OWNERS):
        left = await owner.fetch(LEFT.format(name=table["name"], owner=table["owner"]), gone)
        faults += [f"{table['name']} still names {row[0]}" for row in left]
    files = 0
    for member in gone[:NEWEST]:
        async for listed in ground.studio.assets.store.list(f"{member}/"):
            files += len(listed)
    if files:
        faults.append(f"{counted(files, 'file')} of theirs {'is' if files == 1 else 'are'} in the store")
    return evidence(faults, f"Nothing is left of {counted(len(gone), 'member')} who left.")


@check(
    "leaving.in_time",
    "A9",
    title="Who asked to be deleted is deleted in time, and exports go when their week is over",
    remedy="Look whether a worker runs, and at its log for people:erase and round:broke.",
    severity=Severity.WARNING,
    quick=True,
)
async def in_time(ground: Ground) -> Evidence:
    owner = await ground.owner()
    late, kept = await owner.fetchval(LATE), await owner.fetchval(KEPT)
    faults = [f"{counted(late, 'account')} should have been erased a day ago"] if late else []
    faults += [f"{counted(kept, 'export')} should be gone"] if kept else []
    return evidence(faults, "Nobody waits to be erased, and no export is older than it may be.")

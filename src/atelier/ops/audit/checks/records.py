"""What the studio writes down of itself: that it is complete, only added to, and that switches are obeyed."""

from __future__ import annotations

from sqlalchemy import text

from atelier.base.db import Acting
from atelier.limits.flags import UPLOADS, flag, switch
from atelier.ops.audit import guests
from atelier.ops.audit.check import Evidence, Severity, check, counted, evidence
from atelier.ops.audit.checks.powers import refused
from atelier.ops.audit.ground import Ground

REWRITING = (
    "UPDATE events SET kind = 'audit:changed' WHERE false",
    "DELETE FROM events WHERE false",
    "TRUNCATE events",
    "INSERT INTO events (kind, actor_id) SELECT 'audit:forged', :id",
    "INSERT INTO events (kind, address) SELECT 'audit:forged', 'elsewhere'",
    "INSERT INTO events (kind, at) SELECT 'audit:forged', now() - interval '1 day'",
)


@check(
    "records.final",
    "B11",
    title="No connecting role changes, takes away or makes up a line of the trail",
    remedy="Revoke all on events from the connecting roles but SELECT and INSERT of its four columns (migration 1200).",
    quick=True,
)
async def final(ground: Ground) -> Evidence:
    faults, tried = [], 0
    for database in (ground.studio.web_db, ground.studio.worker_db, ground.studio.operator_db):
        for statement in REWRITING:
            tried += 1
            acting = Acting.nobody() if database.role == "web" else Acting.for_studio()
            if not await refused(database, acting, statement, {"id": guests.maker().id}):
                faults.append(f"atelier_{database.role} may {statement.split(' WHERE')[0].split(' SELECT')[0]}")
    return evidence(faults, f"All {tried} attempts to rewrite the trail were refused.")


@check(
    "records.kept",
    "B11",
    title="A failed sign-in and a change of name stand in the trail, with who, whom and from where",
    remedy="Bring the defaults of events.actor_id and events.address back (migration 1200), and record the fact.",
)
async def kept(ground: Ground) -> Evidence:
    maker, _ = await ground.guests()
    await ground.ask("POST", "/sign-in", form={"email": maker.email, "password": "Not-the-one-1"})
    await ground.ask("POST", "/account/name", by=maker, form={"name": maker.marker})
    faults = []
    async with ground.studio.operator_db.transaction(Acting.for_studio()) as db:
        wanted = text("SELECT kind, actor_id, address FROM events WHERE subject_id = :maker ORDER BY id DESC LIMIT 20")
        found = {row.kind: (row.actor_id, row.address) for row in await db.execute(wanted, {"maker": maker.id})}
    for kind, actor in (("session:refused", None), ("member:renamed", maker.id)):
        if kind not in found:
            faults.append(f"there is no {kind}")
        elif found[kind] != (actor, guests.ADDRESS):
            faults.append(f"{kind} does not say who it was and from where")
    return evidence(faults, "Both facts stand in the trail with who, whom and from where.")


@check(
    "records.switches",
    "E9",
    title="A switch that an operator turns is obeyed, and nobody else turns one",
    remedy="Ask atelier.limits.flags.flag() where the thing is done, and leave the table to the operator's role.",
    quick=True,
)
async def switches(ground: Ground) -> Evidence:
    faults = []
    someone = guests.maker().id
    try:
        async with ground.studio.operator_db.transaction(Acting.for_studio()) as db:
            for share in (0, 100):
                await switch(db, UPLOADS, share, by=someone)
                if await flag(db, UPLOADS, member=someone) is not (share == 100):
                    faults.append(f"{UPLOADS.name} at {share} of 100 is not obeyed")
            raise _Back
    except _Back:
        pass
    for database in (ground.studio.web_db, ground.studio.worker_db):
        for statement in ("UPDATE flags SET share = 100", "INSERT INTO flags (name, share) VALUES ('audit', 100)"):
            if not await refused(database, Acting.for_studio(), statement, {}):
                faults.append(f"atelier_{database.role} may turn switches")
    return evidence(sorted(set(faults)), "Off is off, on is on, and only the operator's role turns switches.")


@check(
    "records.actors",
    "B11",
    title="A web process cannot say that somebody else did what it does",
    remedy="Restore atelier_actor() with `atelier migrate`: on a web connection only an operator who looks counts.",
    quick=True,
)
async def actors(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    try:
        async with ground.studio.web_db.transaction(Acting.member(stranger.id)) as db:
            await db.execute(text("SELECT set_config('atelier.actor', :other, true)"), {"other": str(maker.id)})
            wrote = text("INSERT INTO events (kind, member_id) VALUES ('audit:claimed', :me) RETURNING actor_id")
            said = (await db.execute(wrote, {"me": stranger.id})).scalar_one()
            raise _Back
    except _Back:
        pass
    faults = [] if said == stranger.id else ["a web process claimed to be another member, and the trail believed it"]
    return evidence(faults, "The trail names the member for whom the connection acts, whatever it claims.")


OLD = """SELECT count(*) FROM (SELECT kind, at FROM events ORDER BY id LIMIT 1000) e
         WHERE at < now() - make_interval(days =>
           2 + CASE WHEN kind LIKE 'job:%' OR kind LIKE 'asset:%' THEN $1::integer ELSE $2::integer END)"""


@check(
    "records.forgotten",
    "B11",
    title="Events are kept for as long as the settings say and no longer",
    remedy="Start a worker: one of them deletes old events once a day. Its log says `round:broke` if it cannot.",
    severity=Severity.WARNING,
)
async def forgotten(ground: Ground) -> Evidence:
    activity, trail = ground.studio.activity_days, ground.studio.trail_days
    old = await (await ground.owner()).fetchval(OLD, activity, trail)
    faults = [f"{counted(old, 'event')} of the oldest should have been deleted"] if old else []
    return evidence(faults, f"Events of runs and files are kept for {activity} days, all others for {trail}.")


# a reader that no worker has run for a week is none any more
BEHIND = """SELECT r.name, r.failures, r.error, (SELECT extract(epoch FROM now() - e.at)::integer FROM events e
              WHERE (e.xid, e.id) > (r.xid, r.id) ORDER BY e.xid, e.id LIMIT 1) AS seconds
            FROM event_readers r WHERE r.seen_at > now() - interval '7 days' ORDER BY r.name"""
LATE = 300  # seconds that an event waits at most for a reader


@check(
    "records.readers",
    "B11",
    title="No reader of the events fails or is far behind",
    remedy="The worker's log says `reader:broke` with the reason. It tries again by itself, and has lost no event.",
    severity=Severity.WARNING,
)
async def readers(ground: Ground) -> Evidence:
    rows = await (await ground.owner()).fetch(BEHIND)
    faults = [
        f"{row['name']} failed {counted(row['failures'], 'time')}: {row['error']}" for row in rows if row["failures"]
    ]
    faults += [f"{row['name']} is {row['seconds']} s behind" for row in rows if (row["seconds"] or 0) > LATE]
    return evidence(faults, f"{counted(len(rows), 'reader')}, none more than {LATE // 60} minutes behind.")


INBOX = """SELECT source, state, count(*) AS times, max(error) AS error FROM inbox
           WHERE state = 'failed' AND ended_at > now() - interval '7 days'
             OR state = 'waiting' AND created_at < now() - interval '1 hour'
           GROUP BY source, state ORDER BY source, state"""


@check(
    "records.inbox",
    "B11",
    title="What other servers sent is worked off",
    remedy="Start a worker, and look for `inbox:broke` in its log. What failed and is sent again is tried again.",
    severity=Severity.WARNING,
)
async def inbox(ground: Ground) -> Evidence:
    rows = await (await ground.owner()).fetch(INBOX)
    faults = [
        f"{counted(row['times'], 'message')} from {row['source']} {row['state']}"
        + (f" ({row['error']})" if row["error"] else "")
        for row in rows
    ]
    return evidence(faults, "No message of the last week failed, and none has waited for an hour.")


class _Back(Exception):
    """Rolls the transaction back."""

"""What the studio writes down of itself: that it is complete, only added to, and that switches are obeyed."""

from __future__ import annotations

from sqlalchemy import text

from atelier.base.db import Acting
from atelier.limits.flags import UPLOADS, flag, switch
from atelier.ops.audit import guests
from atelier.ops.audit.check import Evidence, check, evidence
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


class _Back(Exception):
    """Rolls the transaction back."""

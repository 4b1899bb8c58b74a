"""Content Credentials: what the studio signed is still what it signed."""

from __future__ import annotations

from contextlib import closing

from atelier.base.errors import NotFound
from atelier.base.ids import new_id
from atelier.media.pool import POOL
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground

NEWEST = 20  # files are checked
SIGNED = f"""
SELECT id, path, content_type FROM assets WHERE deleted_at IS NULL AND (measures->>'credentials')::boolean
ORDER BY id DESC LIMIT {NEWEST}"""  # noqa: S608 - a number of our own


@check(
    "credentials.hold",
    "F6",
    title="The Content Credentials of signed files hold, and are the studio's own",
    remedy="Bring the files back from a backup. If all are named, the certificates are gone: restore the database too.",
)
async def hold(ground: Ground) -> Evidence:
    owner, shelf = await ground.owner(), ground.studio.assets
    anchors = "".join(await shelf.credentials.authorities(ground.studio.worker_db))
    faults, rows = [], await owner.fetch(SIGNED)
    for row in rows:
        try:
            data = await shelf.store.get(row["path"])
        except NotFound:
            continue  # `files.whole` names it
        with closing(shelf.store.spool(data)) as file:
            given = {"content_type": row["content_type"], "anchors": anchors}
            found = (await POOL.run(new_id(), "read_credentials", [file], given))["credentials"]
        if found is None:
            faults.append(f"asset {row['id']} carries no credentials any more")
        elif found["state"] != "trusted":
            why = ", ".join(found["faults"]) or "it is signed by somebody else"
            faults.append(f"the credentials of asset {row['id']} do not hold: {why}")
    if not rows:
        return evidence([], "No file is signed yet.")
    return evidence(faults, f"{len(rows)} signed files are unchanged, and their signatures are the studio's.")

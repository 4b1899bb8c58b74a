"""A backup taken now and put back elsewhere: the only proof that there is one (F5)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import asyncpg

from atelier import ledger
from atelier.assets import Store
from atelier.base import migrate, unfinished
from atelier.base.crypto import new_token
from atelier.base.db import Acting, connect, libpq_url
from atelier.base.whole import left_behind
from atelier.ops.audit.check import Evidence, Severity, check, evidence
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.shape import SHAPE
from atelier.ops.backup import put_back, take

MOST = 2_000_000_000  # bytes that the audit copies, of the database and of files; more would load the studio
RESTORED = "atelier_restored"
COUNTED = ("members", "jobs", "assets", "holds", "lots", "transfers", "postings", "events")
SIZE = "SELECT pg_database_size(current_database())"


@check(
    "recovery.backup",
    "F5",
    "D17",
    title="A backup taken now is put back elsewhere, and is the same studio",
    remedy="Run `atelier backup`, then `atelier restore` into an empty folder, and read what either says.",
)
async def backup(ground: Ground) -> Evidence:
    owner = await ground.owner()
    size = await owner.fetchval(SIZE)
    if size > MOST:
        return Evidence(
            False,
            f"The database has {size / 1e9:.1f} GB, too much to copy in passing: restore one into an empty folder.",
        )
    stored = sum([sum(found.size for found in listed) async for listed in ground.studio.assets.store.list()])
    share = min(1.0, (MOST - size) / max(1, stored))
    server = await ground.scratch()
    url, secret = migrate.create_database(server.url(), RESTORED), new_token()
    before = await _counts(owner)
    with tempfile.TemporaryDirectory(prefix="atelier-audit-") as folder:
        archive = Path(folder) / "backup.tar"
        manifest = await take(ground.studio, archive, share=share)
        store = Store.open(Path(folder) / "files")
        catalog = Path(folder) / "catalog.toml"
        await put_back(archive, manifest, owner_url=url, secret=secret, store=store, catalog=catalog)
    after = await _counts(owner)
    shape = {row["line"] for row in await owner.fetch(SHAPE)}
    copy: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(libpq_url(url))
    try:
        restored = await _counts(copy)
        differs = sorted(shape ^ {row["line"] for row in await copy.fetch(SHAPE)})
        faults = [f"its shape is another, as in: {differs[0]}"] if differs else []
    finally:
        await copy.close()
    for table in COUNTED:
        low, high = sorted((before[table], after[table]))
        if not low <= restored[table] <= high:
            faults.append(f"{table} has {restored[table]} rows instead of {after[table]}")
    database = connect(url, "operator", secret)
    try:
        async with database.transaction(Acting.for_studio()) as db:
            report = await ledger.check(db)
    finally:
        await database.close()
    faults += [f"its ledger: {difference}" for difference in report.differences]
    files = f"{manifest.files} files" if share == 1.0 else f"{manifest.files} files, {share:.0%} of all by chance,"
    return evidence(faults, f"{sum(restored.values())} rows and {files} came back, and the ledger is in balance.")


@check(
    "recovery.finished",
    "F5",
    "D17",
    title="The studio does not run on a restore that was interrupted",
    remedy="Close the studio. Call `atelier restore` again with the same archive, or `atelier restore --discard`.",
    quick=True,
)
async def finished(ground: Ground) -> Evidence:
    faults = []
    if unfinished.read(ground.studio.home) is not None:
        faults.append(f"the data folder holds {unfinished.NAME}, the mark of a restore that did not finish")
    if (home := await migrate.restoring_into(await ground.owner())) is not None:
        faults.append(f"the database is marked by a restore into {home} that did not finish")
    return evidence(faults, "Neither the data folder nor the database is marked as half restored.")


@check(
    "recovery.leftovers",
    "F5",
    title="No killed process left an unfinished file in the data folder",
    remedy="Delete the files that are named: they are parts of files that were never finished.",
    severity=Severity.WARNING,
    quick=True,
)
async def leftovers(ground: Ground) -> Evidence:
    left = left_behind(ground.studio.home)
    return evidence([each.name for each in left], "The data folder holds no unfinished file.")


async def _counts(connection: asyncpg.Connection[asyncpg.Record]) -> dict[str, int]:
    query = " UNION ALL ".join(f"SELECT '{table}' AS name, count(*) AS rows FROM {table}" for table in COUNTED)  # noqa: S608
    return {row["name"]: row["rows"] for row in await connection.fetch(query)}

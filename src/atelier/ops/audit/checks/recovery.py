"""A backup taken now and put back elsewhere: the only proof that there is one (F5)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import asyncpg

from atelier import ledger
from atelier.assets import Store
from atelier.base import migrate
from atelier.base.crypto import new_token
from atelier.base.db import Acting, connect, libpq_url
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.shape import SHAPE
from atelier.ops.backup import put_back, take

MOST = 2_000_000_000  # bytes that the audit copies, of the database and of files; more would load the studio
RESTORED = "atelier_restored"
COUNTED = ("members", "jobs", "assets", "holds", "transfers", "postings", "events")
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
    shape = [row["line"] for row in await owner.fetch(SHAPE)]
    copy: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(libpq_url(url))
    try:
        restored = await _counts(copy)
        faults = [] if [row["line"] for row in await copy.fetch(SHAPE)] == shape else ["its shape is another"]
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


async def _counts(connection: asyncpg.Connection[asyncpg.Record]) -> dict[str, int]:
    query = " UNION ALL ".join(f"SELECT '{table}' AS name, count(*) AS rows FROM {table}" for table in COUNTED)  # noqa: S608
    return {row["name"]: row["rows"] for row in await connection.fetch(query)}

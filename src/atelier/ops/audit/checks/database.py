"""The database's shape: at this release's migration, with an index wherever an owner is looked for."""

from __future__ import annotations

import asyncio
import difflib

from atelier.base import functions, migrate
from atelier.base.crypto import new_token
from atelier.base.postgres import EmbeddedPostgres
from atelier.ops.audit.check import Evidence, Severity, check, evidence
from atelier.ops.audit.ground import SCRATCH, Ground
from atelier.ops.audit.shape import SHAPE

UNINDEXED = """
SELECT c.relname || '.' || a.attname AS fault FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attname = 'member_id'
WHERE c.relkind IN ('r', 'p') AND c.relname <> 'job_progress' AND NOT EXISTS (
  SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indisvalid)"""
COUNT = """SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
           WHERE c.relnamespace = 'public'::regnamespace"""
INVALID = "SELECT indexrelid::regclass::text || ' is invalid' AS fault FROM pg_index WHERE NOT indisvalid"


@check(
    "database.head",
    "D17",
    title="The database is at this release's migration",
    remedy="Run `atelier migrate up`.",
    quick=True,
)
async def head(ground: Ground) -> Evidence:
    found = await (await ground.owner()).fetchval("SELECT version_num FROM alembic_version")
    wanted = migrate.head()
    return Evidence(found == wanted, f"The database is at {found or 'none'}, this release at {wanted}.")


@check(
    "database.migrations",
    "D17",
    title="All migrations go down and up again, and end in this studio's shape",
    remedy="Undo what was changed by hand, or bring it into a migration; `atelier migrate rehearse` tries them alone.",
)
async def migrations(ground: Ground) -> Evidence:
    server = await ground.scratch()
    first, again, left = await asyncio.to_thread(_rehearse, server)
    if left:
        return Evidence(False, f"Down leaves {len(left)} things behind: {', '.join(left[:6])}.")
    if first != again:
        return Evidence(False, f"Up again makes another shape: {_first_difference(first, again)}")
    own = await (await ground.owner()).fetch(SHAPE)
    mine = [row["line"] for row in own]
    if mine != first:
        return Evidence(False, f"This studio's shape is another than its migrations': {_first_difference(first, mine)}")
    return Evidence(True, f"Up, down and up again made the same {len(first)} parts, which are this studio's.")


def _rehearse(server: EmbeddedPostgres) -> tuple[list[str], list[str], list[str]]:
    """The shapes after going up and after doing so again, and what is left after going down between."""
    url, secret = migrate.create_database(server.url(), SCRATCH), new_token()
    migrate.upgrade(url, secret)
    first = _shape(server)
    migrate.downgrade(url, "base")
    left = [line for line in _shape(server) if "alembic_version" not in line]
    migrate.upgrade(url, secret)
    return first, _shape(server), left


def _shape(server: EmbeddedPostgres) -> list[str]:
    said = server.run("psql", "-X", "-A", "-t", "-q", server.url(SCRATCH), "-c", SHAPE)
    return [line for line in said.splitlines() if line]


def _first_difference(wanted: list[str], found: list[str]) -> str:
    lines = [line for line in difflib.unified_diff(wanted, found, lineterm="", n=0) if line[:1] in "+-"][2:]
    return "; ".join(line[:160] for line in lines[:4]) + "."


@check(
    "database.functions",
    "D17",
    title="Every function in the database is what its file says, and none is without a file",
    remedy="Run `atelier migrate up`; move a function of your own to another schema.",
    quick=True,
)
async def functions_from_files(ground: Ground) -> Evidence:
    wanted = functions.files()
    found = [functions.Present(*row) for row in await (await ground.owner()).fetch(functions.PRESENT)]
    return evidence(functions.faults(found, wanted), f"{len(found)} functions are those of {len(wanted)} files.")


@check(
    "database.indexes",
    "D18",
    title="Every owner column leads an index",
    remedy="Add an index that begins with the column, in a migration.",
    severity=Severity.WARNING,
    quick=True,
)
async def indexes(ground: Ground) -> Evidence:
    owner = await ground.owner()
    faults = [f"{row['fault']} has none" for row in await owner.fetch(UNINDEXED)]
    faults += [row["fault"] for row in await owner.fetch(INVALID)]
    return evidence(faults, f"{await owner.fetchval(COUNT)} indexes are valid, and every owner is found by one.")

"""Row-level security: read from the database's own catalogue, and tried by raw SQL as the web role."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.db import Acting
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground

# every table with an owner: a column that says whose the row is, or the members themselves
OWNED = """
SELECT c.relname AS name, CASE WHEN c.relname = 'members' THEN 'id' ELSE 'member_id' END AS owner,
       c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
WHERE c.relkind IN ('r', 'p') AND (c.relname IN ('members', 'invitations') OR EXISTS (
  SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'member_id' AND NOT a.attisdropped))
ORDER BY 1"""
# a policy that lets the web role, or everybody, see all
LAX = """
SELECT tablename || ': policy ' || policyname AS name FROM pg_policies
WHERE schemaname = 'public' AND permissive = 'PERMISSIVE' AND cmd IN ('SELECT', 'ALL', 'UPDATE', 'DELETE')
  AND (roles && ARRAY['public', 'atelier_web']::name[]) AND btrim(qual, '() ') = 'true'"""


async def owned(ground: Ground) -> dict[str, str]:
    """The tables with an owner, and the column that says whose a row is; those that only operators see have none."""
    rows = await (await ground.owner()).fetch(OWNED)
    return {row["name"]: row["owner"] for row in rows}


@check(
    "isolation.forced",
    "A9",
    title="Row-level security is forced on every table with an owner",
    remedy="Isolate the table in a migration with atelier.base.isolation.isolate(), or bring the policies back.",
    quick=True,
)
async def forced(ground: Ground) -> Evidence:
    owner = await ground.owner()
    rows = await owner.fetch(OWNED)
    faults = [f"{row['name']} is not protected" for row in rows if not row["enabled"]]
    faults += [f"{row['name']} does not bind its owner" for row in rows if row["enabled"] and not row["forced"]]
    faults += [f"{row['name']} lets everybody in" for row in await owner.fetch(LAX)]
    return evidence(faults, f"All {len(rows)} tables with an owner are protected, and bind the owner role too.")


@check(
    "isolation.sql",
    "A9",
    title="By raw SQL the web role finds and changes nothing of another member's",
    remedy="Look at the table's policies: each must compare its owner column with atelier_member().",
)
async def by_sql(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    tables = {name: column for name, column in (await owned(ground)).items() if name != "invitations"}
    faults, tried = [], 0
    for acting, who in ((Acting.member(stranger.id), "a stranger"), (Acting.nobody(), "nobody"), _PRETENDER):
        for table, column in tables.items():
            for statement in _statements(table, column):
                reached = await _reached(ground, acting, statement, maker.id, stranger.id)
                tried += 1
                if reached:
                    faults.append(f"{table}: {statement.split()[0]} as {who} reaches {reached} rows of others")
    return evidence(faults, f"{tried} statements on {len(tables)} tables reached no row of another member's.")


# who says of themselves that they act for the studio: on a web connection the database must not care
_PRETENDER = (Acting.for_studio(), "one who claims to be the studio")


def _statements(table: str, column: str) -> list[str]:
    return [
        f"SELECT count(*) FROM {table} WHERE {column} = :maker",  # noqa: S608 - names from the database's catalogue
        f"SELECT count(*) FROM {table} WHERE {column} IS DISTINCT FROM :me AND {column} IS NOT NULL",  # noqa: S608
        f"UPDATE {table} SET {column} = {column} WHERE {column} = :maker",  # noqa: S608
        f"DELETE FROM {table} WHERE {column} = :maker",  # noqa: S608
    ]


async def _reached(ground: Ground, acting: Acting, statement: str, maker: UUID, me: UUID) -> int:
    """How many rows the statement reaches as the web role; it is rolled back, and a refusal reaches none."""
    try:
        async with ground.studio.web_db.transaction(acting) as db:
            reached = await _count(db, statement, maker, me)
            raise _Back(reached)
    except _Back as back:
        return back.reached
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") == "42501":  # insufficient_privilege
            return 0
        raise


async def _count(db: AsyncSession, statement: str, maker: UUID, me: UUID) -> int:
    values = {"maker": maker} if ":maker" in statement else {"me": me}
    result = await db.execute(text(statement), values)
    return int(result.scalar_one()) if statement.startswith("SELECT") else int(getattr(result, "rowcount", 0))


class _Back(Exception):
    """Rolls the transaction back."""

    def __init__(self, reached: int) -> None:
        self.reached = reached

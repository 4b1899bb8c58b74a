"""Row-level security: read from the database's own catalogue, and tried by raw SQL as the web role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.checks.powers import refused
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.guests import Guest, Maker

CHECK = "23514"  # the state of a rule that a row breaks

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

# what the web role reads of the other tables, and which of their columns refer to members
READABLE = """
SELECT c.relname AS name, array_agg(quote_ident(a.attname)) AS columns,
       array_agg(quote_ident(a.attname)) FILTER (WHERE EXISTS (
         SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid = 'members'::regclass
           AND f.conkey = ARRAY[a.attnum])) AS refers
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND has_column_privilege('atelier_web', c.oid, a.attnum, 'SELECT')
GROUP BY c.relname ORDER BY c.relname"""
# which columns of which tables the web role may fill
WRITABLE = """
SELECT c.relname AS name, array_agg(a.attname::text) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND has_column_privilege('atelier_web', c.oid, a.attnum, 'INSERT') GROUP BY c.relname"""
REFUSED = "42501"  # insufficient_privilege


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


# what a stranger could have a row of their own point to; each must break a rule of the database
POINTING = {
    "a file": """INSERT INTO assets (id, member_id, kind, source, content_type, bytes, sha256, path)
                 VALUES (:id, :me, 'image', 'made', 'image/png', 1, repeat('0', 64), :path)""",
    "a thumbnail": """INSERT INTO assets (id, member_id, kind, source, content_type, bytes, sha256, path, thumb_path)
                      VALUES (:id, :me, 'image', 'made', 'image/png', 1, repeat('0', 64), :mine, :path)""",
    "a run": """INSERT INTO assets (id, member_id, job_id, position, kind, source, content_type, bytes, sha256, path)
                VALUES (:id, :me, :job, 99, 'image', 'made', 'image/png', 1, repeat('0', 64), :mine)""",
    "a sign-in": """INSERT INTO refresh_tokens (id, member_id, session_id, digest, expires_at)
                    VALUES (:id, :me, :session, repeat('a', 64), now() + interval '1 day')""",
    "a mailbox": """INSERT INTO mails (id, member_id, recipient, subject, body, html, language)
                    VALUES (:id, :me, :mailbox, 'x', 'x', 'x', 'en')""",
}


@check(
    "isolation.pointing",
    "A9",
    title="No row of one's own points to another member's file, run, sign-in or mailbox",
    remedy="Restore the triggers `own` of assets, refresh_tokens, provider_sessions and mails (migration 2235).",
)
async def pointing(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    id = new_id()
    values = {
        "id": id,
        "me": stranger.id,
        "path": f"{maker.id}/2026/11/{id}.png",  # no row has it: a path of a row would be refused as taken
        "mine": f"{stranger.id}/2026/11/{id}.png",
        "job": maker.job_id,
        "session": maker.session_id,
        "mailbox": maker.email,
    }
    faults = [
        f"a row points to {what} of another member"
        for what, statement in POINTING.items()
        if not await refused(ground.studio.web_db, Acting.member(stranger.id), statement, values, states=(CHECK,))
    ]
    return evidence(faults, f"{len(POINTING)} rows that point to another member's things were refused.")


@check(
    "isolation.sql",
    "A9",
    title="By raw SQL the web role finds, changes and makes up nothing of another member's, in any table",
    remedy="Look at the table's policies: each must compare its owner column with atelier_member().",
)
async def by_sql(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    owner, faults, tried = await ground.owner(), list(maker.unmade), 0
    tables = {name: column for name, column in (await owned(ground)).items() if name != "invitations"}
    others = [row for row in await owner.fetch(READABLE) if row["name"] not in tables]
    writable = {row["name"]: row["columns"] for row in await owner.fetch(WRITABLE)}
    for acting, who in ((Acting.member(stranger.id), "a stranger"), (Acting.nobody(), "nobody"), _PRETENDER):
        asked = [(table, each) for table, column in tables.items() for each in _statements(table, column)]
        asked += [(row["name"], statement) for row in others for statement in _naming(row)]
        for table, statement in asked:
            reached = await _reached(ground, acting, statement, maker, stranger)
            tried += 1
            if reached:
                faults.append(f"{table}: {statement.split()[0]} as {who} reaches {reached} rows of others")
        for table, row in maker.rows.items():
            tried += 1
            values = {name: value for name, value in row.values.items() if name in writable.get(table, ())}
            if values and not await _refused(ground, acting, table, values):
                faults.append(f"{table}: INSERT as {who} makes up a row of others")
    return evidence(
        faults,
        f"{len(tables)} tables with an owner and {len(others)} without × 3 roles: {tried} statements reached, changed"
        " or made up no row of another member's.",
    )


# who says of themselves that they act for the studio: on a web connection the database must not care
_PRETENDER = (Acting.for_studio(), "one who claims to be the studio")


def _statements(table: str, column: str) -> list[str]:
    return [
        f"SELECT count(*) FROM {table} WHERE {column} = :maker",  # noqa: S608 - names from the database's catalogue
        f"SELECT count(*) FROM {table} WHERE {column} IS DISTINCT FROM :me AND {column} IS NOT NULL",  # noqa: S608
        f"UPDATE {table} SET {column} = {column} WHERE {column} = :maker",  # noqa: S608
        f"DELETE FROM {table} WHERE {column} = :maker",  # noqa: S608
    ]


def _naming(table: asyncpg.Record) -> list[str]:
    """Rows of a table without an owner, if the web role reads it, that name the maker or another member."""
    words = " || ' ' || ".join(f"coalesce({column}::text, '')" for column in table["columns"])
    found = [f"SELECT count(*) FROM {table['name']} WHERE {words} ~ :named"]  # noqa: S608
    for column in table["refers"] or []:
        found.append(f"SELECT count(*) FROM {table['name']} WHERE {column} <> :me")  # noqa: S608
    return found


async def _reached(ground: Ground, acting: Acting, statement: str, maker: Maker, stranger: Guest) -> int:
    """How many rows the statement reaches as the web role; it is rolled back, and a refusal reaches none."""
    named = "|".join(
        [str(maker.id), maker.email, maker.marker, *(str(row.id) for row in maker.rows.values() if row.id)]
    )
    known = {"maker": maker.id, "me": stranger.id, "named": named}
    values = {name: value for name, value in known.items() if f":{name}" in statement}
    try:
        async with ground.studio.web_db.transaction(acting) as db:
            result = await db.execute(text(statement), values)
            counted = result.scalar_one() if statement.startswith("SELECT") else getattr(result, "rowcount", 0)
            raise _Back(int(counted))
    except _Back as back:
        return back.reached
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") == REFUSED:
            return 0
        raise


async def _refused(ground: Ground, acting: Acting, table: str, values: Mapping[str, Any]) -> bool:
    """Whether the web role may not write this row, in the maker's name."""
    columns = ", ".join(f'"{column}"' for column in values)
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    try:
        async with ground.studio.web_db.transaction(acting) as db:
            await db.execute(text("SELECT 1"))  # the transaction says for whom it acts
            driver = (await (await db.connection()).get_raw_connection()).driver_connection
            assert driver is not None
            await driver.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({places})', *values.values())  # noqa: S608
            raise _Back(1)
    except (_Back, asyncpg.IntegrityConstraintViolationError):  # policies speak before rules do: this one said nothing
        return False
    except asyncpg.InsufficientPrivilegeError:
        return True


class _Back(Exception):
    """Rolls the transaction back."""

    def __init__(self, reached: int) -> None:
        self.reached = reached

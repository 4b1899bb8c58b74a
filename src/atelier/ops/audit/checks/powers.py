"""What the connecting roles can do in the database, tried with each: they must not be able to help themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from atelier.base.db import ROLES, Acting, Database
from atelier.base.ids import new_id
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground

POWERS = """
SELECT rolname || ' ' || string_agg(power, ', ') AS found FROM pg_roles,
  LATERAL (VALUES ('is a superuser', rolsuper), ('passes row-level security', rolbypassrls),
                  ('makes roles', rolcreaterole), ('makes databases', rolcreatedb),
                  ('replicates', rolreplication)) AS p (power, has)
WHERE has AND rolname = ANY($1) GROUP BY rolname
UNION ALL
SELECT m.rolname || ' is a member of ' || r.rolname FROM pg_auth_members a
  JOIN pg_roles m ON m.oid = a.member JOIN pg_roles r ON r.oid = a.roleid WHERE m.rolname = ANY($1)
UNION ALL
SELECT r.rolname || ' owns ' || c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
  WHERE r.rolname = ANY($1)
UNION ALL
SELECT r.rolname || ' may make tables' FROM pg_roles r
  WHERE r.rolname = ANY($1) AND has_schema_privilege(r.rolname, 'public', 'CREATE')"""

# by each connecting role: what would take the walls down
TAMPERING = (
    "ALTER TABLE jobs DISABLE ROW LEVEL SECURITY",
    "CREATE POLICY mine ON jobs USING (true)",
    "ALTER TABLE postings DISABLE TRIGGER ALL",
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL ROLE atelier_owner",
    "CREATE TABLE audit_scrap (id integer)",
    "CREATE TEMPORARY TABLE audit_scrap (id integer)",
    "TRUNCATE events",
)

# by the web role: every way to more credits than were given
MINTING = (
    "SELECT ledger_grant(:id, :me, 1000000, 'audit', 'minted')",
    "SELECT ledger_grant(:id, :me, 1000000, 'welcome:' || :who, 'minted')",
    "SELECT ledger_settle(:id, :id, 0)",
    "SELECT ledger_move(:id, 'buy', :me, 1000000, 'audit')",
    "SELECT ledger_reverse(:id, :id)",
    "SELECT ledger_transfer(:id, 'audit', 'grant', :me, 1, NULL, NULL, 'grant')",
    "UPDATE lots SET rest = rest + 1",
    "UPDATE ledger_movements SET callers = '{atelier_web}'",
    "INSERT INTO accounts (id, kind, member_id, balance, lines) VALUES (:id, 'wallet', :me, 0, 0)",
    "INSERT INTO transfers (id, key, kind, amount) VALUES (:id, 'audit', 'grant', 1)",
    "INSERT INTO postings (transfer_id, account_id, amount) VALUES (:id, :id, 1)",
    "UPDATE accounts SET balance = balance + 1",
    "UPDATE holds SET state = 'released', used = 0, ended_at = now()",
    "UPDATE ledger_terms SET welcome = 10000",
    "DELETE FROM postings",
)

# by the owner: what the ledger refuses even to its owner; none of these would touch a row
REWRITING = (
    "UPDATE postings SET amount = amount WHERE false",
    "DELETE FROM postings WHERE false",
    "UPDATE transfers SET amount = amount WHERE false",
    "DELETE FROM transfers WHERE false",
    "DELETE FROM holds WHERE false",
    "DELETE FROM lots WHERE false",
    "DELETE FROM accounts WHERE false",
)

REFUSALS = ("42501", "22023")  # insufficient privilege, and a role that isn't there


async def refused(
    database: Database,
    acting: Acting,
    statement: str,
    values: Mapping[str, object],
    *,
    states: Collection[str] = REFUSALS,
) -> bool:
    """Whether the database refuses a statement with one of `states`;
    it is rolled back either way, and waits for nobody's lock."""
    wanted = {name: value for name, value in values.items() if f":{name}" in statement}
    try:
        async with database.transaction(acting) as db:
            await db.execute(text("SET LOCAL lock_timeout = '500ms'"))
            await db.execute(text(statement), wanted)
            raise _Back
    except _Back:
        return False
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") in states:
            return True
        raise


class _Back(Exception):
    """Rolls the transaction back."""


def _databases(ground: Ground) -> tuple[Database, ...]:
    return ground.studio.web_db, ground.studio.worker_db, ground.studio.operator_db


@check(
    "powers.roles",
    "A9",
    title="The connecting roles have no power over the database",
    remedy="ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB; give what it owns to the owner role.",
    quick=True,
)
async def roles(ground: Ground) -> Evidence:
    names = [f"atelier_{role}" for role in ROLES]
    rows = await (await ground.owner()).fetch(POWERS, names)
    faults = [row["found"] for row in rows]
    return evidence(faults, f"{len(names)} roles own nothing and cannot pass row-level security.")


@check(
    "powers.tampering",
    "A9",
    "F3",
    title="No connecting role can take the walls down",
    remedy="Revoke what the role was given: it needs nothing beyond the grants of the migrations.",
    quick=True,
)
async def tampering(ground: Ground) -> Evidence:
    faults, tried = [], 0
    for database in _databases(ground):
        for statement in TAMPERING:
            tried += 1
            if not await refused(database, Acting.nobody(), statement, {}):
                faults.append(f"atelier_{database.role} may {statement}")
    return evidence(faults, f"All {tried} attempts to tamper were refused.")


@check(
    "powers.secrets",
    "A9",
    "B12",
    title="Nobody reads another member's password hash or token digests, operators included",
    remedy="Grant the columns of members, sessions and tokens one by one, without the secret ones.",
)
async def secrets(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    columns = (
        ("members", "password_hash", "id"),
        ("sessions", "digest", "member_id"),
        ("tokens", "digest", "member_id"),
        ("refresh_tokens", "digest", "member_id"),
    )
    faults, tried = [], 0
    for database, acting in (
        (ground.studio.web_db, Acting.member(stranger.id)),
        (ground.studio.worker_db, Acting.for_studio()),
        (ground.studio.operator_db, Acting.for_studio()),
    ):
        for table, column, whose in columns:
            tried += 1
            found = f"SELECT {column} FROM {table} WHERE {whose} = :maker"  # noqa: S608
            try:
                async with database.transaction(acting) as db:
                    if (await db.execute(text(found), {"maker": maker.id})).first() is not None:
                        faults.append(f"atelier_{database.role} reads {table}.{column} of another member")
            except DBAPIError:
                continue
    return evidence(faults, f"All {tried} attempts to read secrets found nothing.")


@check(
    "powers.minting",
    "F3",
    title="The web role cannot make credits",
    remedy="Revoke its rights on the ledger's tables; the ledger's own functions are the only way in.",
)
async def minting(ground: Ground) -> Evidence:
    _, stranger = await ground.guests()
    faults = []
    for acting in (Acting.member(stranger.id), Acting.for_studio(stranger.id)):
        for statement in MINTING:
            if not await refused(
                ground.studio.web_db, acting, statement, {"id": new_id(), "me": stranger.id, "who": str(stranger.id)}
            ):
                faults.append(f"the web role may {statement.split(' (')[0]}")
    return evidence(sorted(set(faults)), f"All {len(MINTING)} ways to mint credits were refused, twice.")


@check(
    "powers.rewriting",
    "F3",
    title="What the ledger has written stays, even for the database's owner",
    remedy="Bring the triggers `final` back on transfers, postings, holds, lots and accounts (their migrations).",
    quick=True,
)
async def rewriting(ground: Ground) -> Evidence:
    owner, faults = await ground.owner(), []
    for statement in REWRITING:
        transaction = owner.transaction()
        await transaction.start()
        try:
            await owner.execute(statement)
            faults.append(f"the owner may {statement.removesuffix(' WHERE false')}")
        except Exception as error:
            if getattr(error, "sqlstate", "") != "AL000":
                raise
        finally:
            await transaction.rollback()
    return evidence(faults, f"All {len(REWRITING)} attempts to rewrite the ledger as its owner were refused.")

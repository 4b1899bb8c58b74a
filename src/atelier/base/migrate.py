"""Bring a database to the studio's shape: its roles, then the migrations, up or down, then its functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy import make_url

from atelier.base import functions
from atelier.base.db import ROLES, libpq_url, role_password
from atelier.base.errors import Conflict
from atelier.base.log import get_log
from atelier.base.unfinished import Unfinished

# Alembic takes ten megabytes and a fifth of a second, psycopg six, and most starts have nothing to migrate
if TYPE_CHECKING:
    import psycopg
    from alembic.config import Config
    from psycopg import sql

MIGRATIONS = Path(__file__).parents[3] / "migrations"
OWNER = "atelier_owner"
DATABASE = "atelier"  # in the embedded server
_TEMPORARY = "SELECT has_database_privilege('atelier_web', current_database(), 'TEMPORARY')"
# the comment of a database that a restore fills: its owner may write that one, and no dump takes it along
RESTORING = "Atelier: a restore into this database is not finished. Its data folder: "
_COMMENT = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
_EMPTY = """DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT format('DROP %s IF EXISTS %s CASCADE', CASE c.relkind WHEN 'v' THEN 'VIEW'
      WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass) AS it
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND c.relowner = current_user::regrole
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'i', 'a'))
  LOOP EXECUTE each.it; END LOOP;
  FOR each IN SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure) AS it FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = current_user::regrole
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP EXECUTE each.it; END LOOP;
  FOR each IN SELECT format('DROP TYPE IF EXISTS %s CASCADE', t.oid::regtype) AS it FROM pg_type t
    WHERE t.typnamespace = 'public'::regnamespace AND t.typowner = current_user::regrole
      AND t.typtype IN ('e', 'd', 'c')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype IN ('e', 'i'))
  LOOP EXECUTE each.it; END LOOP; END $$"""


class NotEmpty(Conflict):
    """Something is there already, and a restore overwrites nothing."""

    code = "not_empty"


def create_database(admin_url: str, name: str) -> str:
    """Make the owner role and its database where they are missing (embedded: as superuser); return the owner's URL."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(libpq_url(admin_url), autocommit=True) as db:
        if db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone() is None:
            db.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(sql.Identifier(OWNER)))
        if db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            db.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    sql.Identifier(name), sql.Identifier(OWNER)
                )
            )
    return make_url(admin_url).set(username=OWNER, database=name).render_as_string(hide_password=False)


def create_roles(owner_url: str, secret: str) -> None:
    """Make the connecting roles, without BYPASSRLS, with the passwords that the studio derives from its secret.

    None of them may make temporary tables.
    """
    import psycopg
    from psycopg import sql

    with psycopg.connect(libpq_url(owner_url)) as db:
        db.execute("SELECT pg_advisory_xact_lock(hashtext('atelier roles'))")
        for role in ROLES:
            name = sql.Identifier(f"atelier_{role}")
            if db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [f"atelier_{role}"]).fetchone() is None:
                db.execute(sql.SQL("CREATE ROLE {} LOGIN NOBYPASSRLS").format(name))
            password = sql.Literal(role_password(secret, role))
            db.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, password))
        if db.execute(_TEMPORARY).fetchone() == (True,):
            # a table of the caller's own could stand in front of one of ours
            database = sql.Identifier(db.info.dbname)
            db.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))


def mark_unfinished(owner_url: str, home: str) -> None:
    """Mark an empty database: a restore fills it, into that data folder. `NotEmpty` if it holds tables."""
    from psycopg import sql

    with _settings_of(owner_url) as (db, name):
        _refuse_tables(db)
        words = sql.Literal(RESTORING + home.encode("utf-8", "backslashreplace").decode())
        db.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, words))


def mark_finished(owner_url: str) -> None:
    """Take the mark of a restore away."""
    from psycopg import sql

    with _settings_of(owner_url) as (db, name):
        db.execute(sql.SQL("COMMENT ON DATABASE {} IS NULL").format(name))


def refuse_unfinished(owner_url: str) -> None:
    """Raise `Unfinished` if a restore into this database did not come to its end, or is at it just now."""
    with _settings_of(owner_url) as (db, _):
        if (mark := _mark(db) or "").startswith(RESTORING):
            raise _unfinished(mark.removeprefix(RESTORING))


async def restoring_into(db: asyncpg.Connection[asyncpg.Record]) -> str | None:
    """The data folder of the restore that marked this database, or None."""
    comment: str | None = await db.fetchval(_COMMENT)
    return comment.removeprefix(RESTORING) if comment and comment.startswith(RESTORING) else None


def refuse_tables(owner_url: str) -> None:
    """Raise `NotEmpty` if the database holds tables."""
    with _settings_of(owner_url) as (db, _):
        _refuse_tables(db)


def empty_unfinished(owner_url: str) -> None:
    """Drop everything of ours from a database that a restore marked, then take the mark away; others are left alone."""
    with _settings_of(owner_url) as (db, _):
        if not (_mark(db) or "").startswith(RESTORING):
            return
        db.execute(_EMPTY)
    mark_finished(owner_url)


@contextmanager
def _settings_of(owner_url: str) -> Iterator[tuple[psycopg.Connection[Any], sql.Identifier]]:
    import psycopg
    from psycopg import sql

    with psycopg.connect(libpq_url(owner_url), autocommit=True) as db:
        yield db, sql.Identifier(db.info.dbname)


def _mark(db: psycopg.Connection[Any]) -> str | None:
    row = db.execute(_COMMENT).fetchone()
    return row[0] if row else None


def _unfinished(home: str) -> Unfinished:
    return Unfinished(
        f"A restore of this database into {home} did not come to its end, so nothing is opened from it. If it does"
        " not run any more, call `bin/atelier restore` there again, or `bin/atelier restore --discard` to undo it."
    )


def _refuse_tables(db: psycopg.Connection[Any]) -> None:
    if db.execute("SELECT FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone() is not None:
        raise NotEmpty("The database already holds tables; restore into an empty one.")


def upgrade(owner_url: str, secret: str, revision: str = "head") -> None:
    """Apply all migrations up to `revision`, and at the newest replace the functions whose files changed.

    Several processes may call this at once.
    """
    create_roles(owner_url, secret)
    if revision != "head" or current(owner_url) != head():
        from alembic import command

        command.upgrade(_config(owner_url), revision)
    if revision in ("head", head()):
        functions.replace(owner_url)
        _rebase(owner_url)


def _rebase(owner_url: str) -> None:
    """Number the events anew where they come from a cluster that had counted more transactions than this one."""
    import psycopg

    with psycopg.connect(libpq_url(owner_url)) as db:
        if db.execute("SELECT events_rebase()").fetchone() == (True,):
            get_log().info("events:rebased")


def downgrade(owner_url: str, revision: str) -> None:
    """Take migrations back, down to `revision` (`base` for all)."""
    from alembic import command

    command.downgrade(_config(owner_url), revision)


def head() -> str:
    """The newest migration that this release knows."""
    return _revisions()[-1]


def knows(revision: str) -> bool:
    """Whether this release has that migration, and so can go up from it."""
    return revision in _revisions()


def current(owner_url: str) -> str | None:
    """The migration that the database is at, or None when it has none."""
    import psycopg

    with psycopg.connect(libpq_url(owner_url)) as db:
        if db.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None


def lacks(owner_url: str) -> str | None:
    """In words, how a database's shape differs from this release's; None where it is the same."""
    import psycopg

    found = current(owner_url)
    with psycopg.connect(libpq_url(owner_url)) as db:
        return _difference(found, functions.read(db))


async def lacks_here(owner_url: str) -> str | None:
    """The same for a web process, which needs no second driver for anything else."""
    db = await asyncpg.connect(libpq_url(owner_url))
    try:
        if (home := await restoring_into(db)) is not None:
            raise _unfinished(home)
        found: str | None = None
        if await db.fetchval("SELECT to_regclass('alembic_version')") is not None:
            found = await db.fetchval("SELECT version_num FROM alembic_version")
        return _difference(found, [functions.Present(*row) for row in await db.fetch(functions.PRESENT)])
    finally:
        await db.close()


def _difference(found: str | None, present: list[functions.Present]) -> str | None:
    if found != head():
        return f"is at migration {found or 'none'} and this release needs {head()}"
    changed = functions.stale(present, functions.files())
    return f"has functions that are not this release's ({', '.join(changed[:3])})" if changed else None


def _revisions() -> list[str]:
    """The migrations of this release in their order, which is that of their files' names."""
    files = sorted((MIGRATIONS / "versions").glob("*.py"))
    return [re.findall(r'^revision = "(.+)"$', file.read_text(), re.M)[0] for file in files]


def _config(owner_url: str) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))  # it fills in what % names
    config.attributes["url"] = owner_url
    return config

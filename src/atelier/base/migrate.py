"""Bring a database to the studio's shape: its roles, then the migrations, up or down."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy import make_url

from atelier.base.db import ROLES, libpq_url, role_password

# Alembic takes ten megabytes and a fifth of a second, psycopg six, and most starts have nothing to migrate
if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parents[3] / "migrations"
OWNER = "atelier_owner"
DATABASE = "atelier"  # in the embedded server


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
    """Make the connecting roles, without BYPASSRLS, with the passwords that the studio derives from its secret."""
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


def upgrade(owner_url: str, secret: str, revision: str = "head") -> None:
    """Apply all migrations up to `revision`; several processes may call this at once."""
    create_roles(owner_url, secret)
    if revision == "head" and current(owner_url) == head():
        return
    from alembic import command

    command.upgrade(_config(owner_url), revision)


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


async def reached(owner_url: str) -> str | None:
    """The same for a web process, which needs no second driver for anything else."""
    db = await asyncpg.connect(libpq_url(owner_url))
    try:
        if await db.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        found: str | None = await db.fetchval("SELECT version_num FROM alembic_version")
        return found
    finally:
        await db.close()


def _revisions() -> list[str]:
    """The migrations of this release in their order, which is that of their files' names."""
    files = sorted((MIGRATIONS / "versions").glob("*.py"))
    return [re.findall(r'^revision = "(.+)"$', file.read_text(), re.M)[0] for file in files]


def _config(owner_url: str) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = owner_url
    return config

"""PostgreSQL's own dump and restore, from the wheel, against any server."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sqlalchemy import make_url

from atelier.base.db import libpq_url
from atelier.base.errors import Unavailable
from atelier.base.programs import run_program


class DatabaseRefused(Unavailable):
    """The database did not let itself be dumped or restored; the message is its own."""

    code = "database_refused"


def dump(owner_url: str, into: Path) -> None:
    """Write the whole database, as of one moment, into a file."""
    # the owner's policy lets it see every row, and without this it would be refused as if it didn't
    _run("pg_dump", owner_url, "--format=custom", "--no-owner", "--enable-row-security", f"--file={into}")


def restore(owner_url: str, dumped: Path) -> None:
    """Fill an empty database from a file, all or nothing."""
    options = ("--no-owner", "--exit-on-error", "--single-transaction")
    _run("pg_restore", owner_url, *options, str(dumped))


def _run(program: str, url: str, *args: str) -> None:
    """Run it with the password in the environment: a command line is for everybody to read."""
    parsed = make_url(url)
    env = {"PGPASSWORD": parsed.password} if parsed.password else None
    where = libpq_url(parsed.set(password=None))
    try:
        run_program(program, f"--dbname={where}", *args, env=env)
    except subprocess.CalledProcessError as error:
        lines = [line for line in str(error.stderr).splitlines() if "error:" in line] or [str(error)]
        done = {"pg_dump": "dumped", "pg_restore": "restored"}[program]
        raise DatabaseRefused(f"The database could not be {done}: {lines[0]}") from error

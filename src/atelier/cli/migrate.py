"""`atelier migrate`: the database's shape, up to this release's or back down."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path

import typer

from atelier import bootstrap
from atelier.base import functions, migrate
from atelier.base.crypto import new_token
from atelier.base.errors import AtelierError
from atelier.base.postgres import EmbeddedPostgres
from atelier.cli.opening import holding_database
from atelier.cli.terminal import say
from atelier.settings import load

app = typer.Typer(help="Bring the database to this release's shape, or back.", no_args_is_help=True)


class Lopsided(AtelierError):
    """A migration does not go down the way it went up."""

    code = "lopsided_migration"
    status = 500


@contextmanager
def _database() -> Iterator[tuple[str, str]]:
    settings = load()
    with holding_database(settings):
        if not settings.database_url.get_secret_value():
            migrate.create_database(bootstrap.embedded(settings).url(), bootstrap.DATABASE)
        migrate.refuse_unfinished(bootstrap.owner_url(settings))
        yield bootstrap.owner_url(settings), settings.secret.get_secret_value()


@app.command()
def up(revision: str = typer.Argument("head", help="Up to which migration.")) -> None:
    """Apply the migrations that are missing."""
    with _database() as (url, secret):
        before = migrate.current(url)
        migrate.upgrade(url, secret, revision)
        now = migrate.current(url)
    say(f"The database was at {before or 'none'} and is at {now}." if before != now else f"The database is at {now}.")


@app.command()
def down(
    revision: str = typer.Argument(..., help="Down to which migration; `base` takes back all, with what is in them."),
    yes: bool = typer.Option(False, "--yes", help="Don't ask."),
) -> None:
    """Take migrations back. What was only in their tables is lost, so make a backup first."""
    if not yes:
        typer.confirm(f"Take the database down to {revision}? What only newer migrations keep is lost.", abort=True)
    with _database() as (url, _):
        before = migrate.current(url)
        migrate.downgrade(url, revision)
        say(f"The database was at {before or 'none'} and is at {migrate.current(url) or 'none'}.")


@app.command()
def status(
    check: bool = typer.Option(False, "--check", help="Exit with 1 unless it has this release's shape."),
) -> None:
    """Say which migration the database is at, and whether its functions are this release's."""
    with _database() as (url, _):
        found, lacks = migrate.current(url), migrate.lacks(url)
    same = ", the same" if found == migrate.head() else ""
    say(f"The database is at {found or 'none'}; this release's is {migrate.head()}{same}.")
    if lacks and same:
        say(f"It {lacks}: run `bin/atelier migrate up`.")
    if check and lacks:
        raise typer.Exit(1)


@app.command()
def rehearse() -> None:
    """Go up, down and up again on a database of its own, and compare the shapes; the studio's own is not touched."""
    folder = Path(tempfile.mkdtemp(prefix="atelier-rehearsal-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "postgres")
    try:
        url, secret = migrate.create_database(server.open(), bootstrap.DATABASE), new_token()
        empty = _shape(server)
        migrate.upgrade(url, secret)
        first = _shape(server)
        migrate.downgrade(url, "base")
        _compare(empty, _shape(server), "down leaves something behind, or takes too much")
        migrate.upgrade(url, secret)
        _compare(first, _shape(server), "up makes something else the second time")
        _compare([], functions.faults(functions.present(url), functions.files()), "functions differ from their files")
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)
    say("Up, down and up again: the shape is the same.")


def _shape(server: EmbeddedPostgres) -> list[str]:
    """The database's definition, without what pg_dump makes up anew each time and Alembic's own table."""
    dump = server.run("pg_dump", "--schema-only", "--exclude-table=alembic_version", server.url(bootstrap.DATABASE))
    lines = [line for line in dump.splitlines() if line and not line.startswith(("--", "\\restrict", "\\unrestrict"))]
    return [line for line in lines if "DEFAULT PRIVILEGES" not in line]


def _compare(wanted: list[str], found: list[str], trouble: str) -> None:
    if wanted != found:
        difference = "\n".join(list(unified_diff(wanted, found, "before", "after", lineterm="", n=0))[2:40])
        raise Lopsided(f"The migrations don't fit: {trouble}.\n{difference}")

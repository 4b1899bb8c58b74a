"""`atelier prepare`: what must be done before web and worker start. `open` runs it apart, to keep little in memory.

It prints two lines of JSON: the database's shape as soon as that is right, so that the others can start, and then the
first operator's link, for which it has to import half the studio.
"""

from __future__ import annotations

import asyncio
import json

import typer

from atelier.base import log, migrate
from atelier.base.postgres import EmbeddedPostgres
from atelier.cli.lifetime import follow, leave_when_asked
from atelier.settings import Settings, load

app = typer.Typer()


@app.command()
def prepare(parent: int = typer.Option(0, hidden=True)) -> None:
    """Migrate the database; print the migration that it was at and is at, then the first operator's link, as JSON."""
    leave_when_asked()
    follow(parent)
    settings = load()
    log.configure(level="WARNING", as_json=False)
    server = None if settings.database_url.get_secret_value() else EmbeddedPostgres(settings.home / "postgres")
    try:
        if server is None:
            url = settings.database_url.get_secret_value()
        else:
            url = migrate.create_database(server.open(), migrate.DATABASE)
        migrate.refuse_unfinished(url)
        before = migrate.current(url)
        migrate.upgrade(url, settings.secret.get_secret_value())
        print(json.dumps({"before": before, "now": migrate.head()}), flush=True)
        print(json.dumps({"link": asyncio.run(_first_link(settings))}), flush=True)
    finally:
        if server is not None:
            server.close()


async def _first_link(settings: Settings) -> str | None:
    """The one-time link that makes the first operator, or None where the studio has one."""
    # imported here, since web and worker are waiting for the line above
    from atelier import bootstrap
    from atelier.base.db import Acting
    from atelier.people.invitations import make_invitation, operator_exists, operator_link

    async with (
        bootstrap.open_studio(settings) as studio,
        studio.operator_db.transaction(Acting.for_studio()) as db,
    ):
        if await operator_exists(db):
            return None
        return operator_link(settings.origin, await make_invitation(db))

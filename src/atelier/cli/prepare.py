"""`atelier prepare`: what must be done before web and worker start. `open` runs it apart, to keep little in memory."""

from __future__ import annotations

import asyncio
import json

import typer

from atelier import bootstrap
from atelier.base import log, migrate
from atelier.base.db import Acting
from atelier.cli.lifetime import follow, leave_when_asked
from atelier.cli.opening import holding_database
from atelier.people.invitations import make_invitation, operator_exists, operator_link
from atelier.settings import Settings, load

app = typer.Typer()


@app.command()
def prepare(parent: int = typer.Option(0, hidden=True)) -> None:
    """Migrate the database; print the migration that it was at and is at, and the first operator's link, as JSON."""
    leave_when_asked()
    follow(parent)
    settings = load()
    log.configure(level="WARNING", as_json=False)
    with holding_database(settings):
        if not settings.database_url.get_secret_value():
            migrate.create_database(bootstrap.embedded(settings).url(), bootstrap.DATABASE)
        url = bootstrap.owner_url(settings)
        before = migrate.current(url)
        migrate.upgrade(url, settings.secret.get_secret_value())
        link = asyncio.run(_first_link(settings))
    typer.echo(json.dumps({"before": before, "now": migrate.head(), "link": link}))


async def _first_link(settings: Settings) -> str | None:
    """The one-time link that makes the first operator, or None where the studio has one."""
    async with (
        bootstrap.open_studio(settings) as studio,
        studio.operator_db.transaction(Acting.for_studio()) as db,
    ):
        if await operator_exists(db):
            return None
        return operator_link(settings.origin, await make_invitation(db))

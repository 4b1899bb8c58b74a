"""`atelier erased`: who was erased, to be kept apart from the backups."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

import typer

from atelier.base.db import Acting
from atelier.cli.opening import open_studio
from atelier.people.leaving.again import gone

app = typer.Typer()


@app.command()
def erased() -> None:
    """List the members who were erased, by number and date: what `atelier restore --erased` wants."""
    for member, at in asyncio.run(_gone()):
        typer.echo(f"{member} {at:%Y-%m-%dT%H:%M:%SZ}")


async def _gone() -> list[tuple[UUID, datetime]]:
    async with open_studio() as studio, studio.operator_db.transaction(Acting.for_studio()) as db:
        return await gone(db)

"""`atelier backup`: database and files into one archive, while the studio runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import typer

from atelier.base.clock import now
from atelier.base.errors import Conflict
from atelier.cli.opening import open_studio
from atelier.cli.terminal import DIM, say
from atelier.ops.backup import Manifest, take

app = typer.Typer()


class AlreadyThere(Conflict):
    """A file of that name exists, and a backup overwrites none."""

    code = "already_there"


@app.command()
def backup(
    out: Path = typer.Argument(None, help="The archive, or a folder for it. Default: here, with the date in its name."),
    as_json: bool = typer.Option(False, "--json", help="Print what is in it as JSON."),
) -> None:
    """Write database and files into one archive. The data folder's `secret` is not in it: keep that apart."""
    path = out or Path()
    if path.is_dir():
        path = path / f"atelier-{now():%Y-%m-%d-%H%M%S}.tar"
    if path.exists():
        raise AlreadyThere(f"{path} is there already, and a backup overwrites nothing.")
    manifest = asyncio.run(_take(path))
    if as_json:
        found = {
            "archive": str(path),
            "files": manifest.files,
            "bytes": manifest.bytes,
            "migration": manifest.migration,
        }
        typer.echo(json.dumps(found))
    else:
        say(f"{path}: the database and {manifest.files} files, {manifest.bytes / 1e6:.1f} MB.")
        say("The studio's secret is not in it: keep that apart.", DIM)


async def _take(path: Path) -> Manifest:
    async with open_studio() as studio:
        return await take(studio, path)

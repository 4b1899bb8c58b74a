"""`atelier backup`: database and files into one archive, while the studio runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import typer

from atelier.base.clock import now
from atelier.base.errors import Conflict
from atelier.base.whole import forget_unfinished
from atelier.cli.opening import open_studio
from atelier.cli.terminal import DIM, complain, say
from atelier.ops.backup import Manifest, take

app = typer.Typer()
DATED = "atelier-"  # how the name of a backup begins that nobody named


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
        path = path / f"{DATED}{now():%Y-%m-%d-%H%M%S}.tar"
    if path.exists():
        raise AlreadyThere(f"{path} is there already, and a backup overwrites nothing.")
    for left in forget_unfinished(path, *([DATED] if path.name.startswith(DATED) else [])):
        complain(f"{left} was left by a backup that was killed before it was whole, and is removed.")
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

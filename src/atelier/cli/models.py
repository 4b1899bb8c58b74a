"""`atelier models`: weights by their hashes: list, fetch, add and remove them."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from atelier.base.addresses import parse_allowed
from atelier.base.errors import AtelierError, NotFound
from atelier.base.outgoing import Outgoing
from atelier.catalog.fetches import MANIFESTS, WEIGHTS
from atelier.cli.problem import problem
from atelier.cli.terminal import complain, say
from atelier.engines.weights.fetch import Fetching, fetch, remove
from atelier.engines.weights.manifest import Manifest, known, read
from atelier.engines.weights.whole import SUMS
from atelier.settings import Settings, load

app = typer.Typer(help="List, fetch, add and remove models' weights.", no_args_is_help=True, add_completion=False)
JSON = typer.Option(False, "--json", help="Print JSON.")


@app.command(name="list")
def list_(as_json: bool = JSON) -> None:
    """List the models whose weights can be fetched, with their size, licence, and whether they are here."""
    settings = load()
    rows = [_told(each, settings.home) for each in _known(settings).values()]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    if not rows:
        say(f"No model is known. Put a manifest into {settings.home / MANIFESTS}, or add one: atelier models add FILE.")
    for row in rows:
        here = "here" if row["here"] else "not here"
        say(f"{row['name']}: {row['megabytes']:,} MB, {row['licence']}, {here}. {row['summary']}".rstrip())


@app.command()
def add(manifest: Path = typer.Argument(..., help="A manifest, as docs/guide/weights.md describes it.")) -> None:
    """Make a model known by its manifest; nothing is fetched yet."""
    settings = load()
    with _errors(False):
        found = read(manifest)
        (settings.home / MANIFESTS).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(manifest, settings.home / MANIFESTS / f"{found.name}.toml")
        size = f"{found.bytes // 1_000_000:,} MB, {found.licence}"
        say(f"{found.name} is known: {size}. Fetch it: atelier models fetch {found.name}")


@app.command(name="fetch")
def fetch_(name: str = typer.Argument(..., help="The model's name."), as_json: bool = JSON) -> None:
    """Fetch a model's weights and check each file by its hash. Ctrl-C stops; the next fetch goes on from there."""
    settings = load()
    with _errors(as_json):
        manifest = _find(settings, name)
        folder = settings.home / WEIGHTS / manifest.name
        outgoing = Outgoing(allowed=parse_allowed(settings.private_hosts))
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, TimeRemainingColumn(), transient=True, disable=as_json) as bar:
            task = bar.add_task(manifest.name, total=manifest.bytes)

            def show(at: Fetching) -> None:
                bar.update(task, completed=at.done, description=at.path[-40:])

            asyncio.run(fetch(manifest, folder, outgoing, show))
    if as_json:
        typer.echo(json.dumps(_told(manifest, settings.home)))
    else:
        say(f'{manifest.name} is here: {folder}. Name it in the catalog: weights = "{WEIGHTS}/{manifest.name}"')


@app.command(name="remove")
def remove_(name: str = typer.Argument(..., help="The model's name."), as_json: bool = JSON) -> None:
    """Delete a model's weights; it stays known, and can be fetched again."""
    settings = load()
    with _errors(as_json):
        manifest = _find(settings, name)
        freed = remove(settings.home / WEIGHTS / manifest.name, manifest.name)
    if as_json:
        typer.echo(json.dumps({**_told(manifest, settings.home), "freed": freed}))
    else:
        say(f"{freed // 1_000_000:,} MB are free again." if freed else f"{name} was not here.")


@contextmanager
def _errors(as_json: bool) -> Iterator[None]:
    """An expected error becomes a sentence, or a problem as JSON, and exit status 1."""
    try:
        yield
    except AtelierError as error:
        if as_json:
            typer.echo(json.dumps(problem(error)))
        else:
            complain(error.message)
        raise typer.Exit(1) from None


def _known(settings: Settings) -> dict[str, Manifest]:
    return known([settings.home / MANIFESTS])


def _find(settings: Settings, name: str) -> Manifest:
    found = _known(settings).get(name)
    if found is None:
        raise NotFound("model", f"No weights are called {name[:80]!r}. atelier models list shows those that are known.")
    return found


def _told(manifest: Manifest, home: Path) -> dict[str, object]:
    folder = home / WEIGHTS / manifest.name
    return {
        "name": manifest.name,
        "licence": manifest.licence,
        "summary": manifest.summary,
        "megabytes": manifest.bytes // 1_000_000,
        "files": len(manifest.file),
        "here": (folder / SUMS).is_file(),
    }

"""`atelier restore`: an archive into an empty data folder."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import typer

from atelier import bootstrap, ledger
from atelier.assets import Assets
from atelier.base import log, migrate
from atelier.base.db import Acting
from atelier.cli.opening import holding_database
from atelier.cli.terminal import DIM, say
from atelier.ops.backup import Manifest, NotEmpty, put_back, read_manifest
from atelier.people.leaving.again import erase_again
from atelier.people.leaving.again import read as read_erased
from atelier.settings import Settings, load, read

app = typer.Typer()
ALLOWED = {"secret"}  # the operator may put the old secret there first


@app.command()
def restore(
    archive: Path = typer.Argument(..., help="What `atelier backup` wrote."),
    into: Path = typer.Option(None, "--into", help="The data folder. Default: ATELIER_HOME."),
    erased: Path = typer.Option(None, "--erased", help="What `atelier erased` wrote since: they are erased again."),
    as_json: bool = typer.Option(False, "--json", help="Print what was restored as JSON."),
) -> None:
    """Fill an empty data folder from an archive, every file proved by its checksum; a used folder is refused."""
    manifest = read_manifest(archive)
    gone = read_erased(erased) if erased else []
    # a catalog that the settings name belongs to the studio that they are for
    overrides = {"home": into.absolute(), "catalog": into.absolute() / "catalog.toml"} if into else {}
    home = read(**overrides).home
    before = set(os.listdir(home)) if home.is_dir() else set()
    if before - ALLOWED or (home.exists() and not home.is_dir()):
        raise NotEmpty(f"{home} is in use, and a restore overwrites nothing: name an empty folder with --into.")
    log.configure(level="WARNING", as_json=False)
    try:
        settings = load(**overrides)
        balanced, back = asyncio.run(_restore(settings, archive.absolute(), manifest, gone))
    except BaseException:
        _clear(home, before)
        raise
    if as_json:
        done: dict[str, Any] = {"home": str(home), "files": manifest.files, "migration": migrate.head()}
        typer.echo(json.dumps(done | {"made_at": manifest.made_at, "balanced": balanced, "erased_again": back}))
        return
    say(f"{home}: the studio as of {manifest.made_at}, with {manifest.files} files.")
    say(f"The ledger is {'in balance' if balanced else 'OUT OF BALANCE: run bin/atelier ledger check'}.")
    if back:
        say(f"{back} who were erased since are in it again: their accounts are closed, and the worker erases them.")
    if into:
        also = f" ATELIER_CATALOG={home / 'catalog.toml'}" if read(home=home).catalog else ""
        say(f"Open it with ATELIER_HOME={home}{also} bin/studio.", DIM)


async def _restore(settings: Settings, archive: Path, manifest: Manifest, gone: list[UUID]) -> tuple[bool, int]:
    """Put everything back; whether the ledger balances afterwards, and how many erased members were in it."""
    secret = settings.secret.get_secret_value()
    with holding_database(settings):
        if not settings.database_url.get_secret_value():
            migrate.create_database(bootstrap.embedded(settings).url(), bootstrap.DATABASE)
        assets = Assets.open(settings.store_url or str(settings.home / "files"), secret)
        catalog = settings.catalog or settings.home / "catalog.toml"
        url = bootstrap.owner_url(settings)
        await put_back(
            archive,
            manifest,
            owner_url=url,
            secret=secret,
            store=assets.store,
            catalog=catalog,
            scratch=settings.home,
        )
        back = erase_again(url, gone)
        async with bootstrap.open_studio(settings) as studio, studio.operator_db.transaction(Acting.for_studio()) as db:
            return (await ledger.check(db)).balanced, back


def _clear(home: Path, before: set[str]) -> None:
    """Take away what a restore that failed had written into the folder, and nothing else."""
    for path in home.glob("*") if home.is_dir() else ():
        if path.name in before:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

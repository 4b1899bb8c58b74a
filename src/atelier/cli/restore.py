"""`atelier restore`: an archive into an empty data folder."""

from __future__ import annotations

import asyncio
import json
import os
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any
from uuid import UUID

import typer

from atelier import bootstrap, ledger
from atelier.assets import Assets
from atelier.assets.settings import FileSettings
from atelier.base import log, migrate, unfinished
from atelier.base.crypto import derive
from atelier.base.db import Acting
from atelier.base.errors import BadRequest
from atelier.base.whole import forget_unfinished
from atelier.cli.opening import holding_database
from atelier.cli.restored import check_empty, take_away
from atelier.cli.terminal import DIM, say
from atelier.ops.backup import Manifest, NotEmpty, put_back, read_manifest
from atelier.people.leaving.again import erase_again, erase_now
from atelier.people.leaving.again import read as read_erased
from atelier.people.leaving.erase import Eraser
from atelier.settings import Settings, load, read

app = typer.Typer()
ALLOWED = {"secret"}  # the operator may put the old secret there first


class NothingToDo(BadRequest):
    """Neither an archive was named, nor is there anything to discard."""

    code = "nothing_to_restore"


@app.command()
def restore(
    archive: Path = typer.Argument(None, help="What `atelier backup` wrote."),
    into: Path = typer.Option(None, "--into", help="The data folder. Default: ATELIER_HOME."),
    erased: Path = typer.Option(None, "--erased", help="What `atelier erased` wrote since: they are erased again."),
    discard: bool = typer.Option(False, "--discard", help="Take away what a restore wrote that was killed."),
    as_json: bool = typer.Option(False, "--json", help="Print what was restored as JSON."),
) -> None:
    """Fill an empty data folder from an archive, every file proved by its checksum; a used folder is refused.

    A restore that was killed is begun again by the same command, and undone by `--discard`. Put the `secret` of the
    studio that was saved into the folder as well: with another one, runs that wait end with their credits back.
    """
    # a catalog that the settings name belongs to the studio that they are for
    overrides = {"home": into.absolute(), "catalog": into.absolute() / "catalog.toml"} if into else {}
    settings = read(**overrides)
    home, left = settings.home, unfinished.read(settings.home)
    if discard:
        if left is None:
            raise NothingToDo(f"{home} holds no unfinished restore, so nothing was taken away.")
        take_away(settings, left)
        say(f"What the unfinished restore wrote into {home} is taken away.")
        return
    if archive is None:
        raise NothingToDo("Name the archive that `bin/atelier backup` wrote.", field="archive")
    manifest = read_manifest(archive)
    gone = read_erased(erased) if erased else []
    log.configure(level="WARNING", as_json=False)
    if left is not None:
        take_away(settings, left)
        gone += [UUID(each) for each in left.erased if UUID(each) not in gone]
        say(f"What an unfinished restore wrote into {home} is taken away; this one begins from the start.", DIM)
    balanced, back, late = _fill(settings, overrides, archive.absolute(), manifest, gone)
    if as_json:
        done: dict[str, Any] = {"home": str(home), "files": manifest.files, "migration": migrate.head()}
        done |= {"made_at": manifest.made_at, "balanced": balanced, "erased_again": back, "erased_later": late}
        typer.echo(json.dumps(done))
        return
    say(f"{home}: the studio as of {manifest.made_at}, with {manifest.files} files.")
    say(f"The ledger is {'in balance' if balanced else 'OUT OF BALANCE: run bin/atelier ledger check'}.")
    if back:
        say(f"{back} members who had been erased since were in the backup: {back - late} are erased again.")
    if late:
        say(f"{late} of them still have runs to be stopped: the worker erases them when the studio is open.")
    if into:
        also = f" ATELIER_CATALOG={quote(str(home / 'catalog.toml'))}" if read(home=home).catalog else ""
        say(f"Open it with ATELIER_HOME={quote(str(home))}{also} bin/studio.", DIM)


def _fill(
    settings: Settings, overrides: dict[str, Any], archive: Path, manifest: Manifest, gone: list[UUID]
) -> tuple[bool, int, int]:
    """Restore into an empty folder, which is marked as unfinished meanwhile; what an error leaves is taken away."""
    home = settings.home
    if home.exists() and not home.is_dir():
        raise _in_use(home)
    forget_unfinished(home / unfinished.NAME)
    before = set(os.listdir(home)) if home.exists() else set()
    if before - ALLOWED:
        raise _in_use(home)
    asyncio.run(check_empty(settings))
    home.mkdir(parents=True, exist_ok=True)
    mark = unfinished.Mark(
        archive=str(archive),
        into=bool(overrides),
        before=tuple(sorted(before)),
        erased=tuple(map(str, gone)),
        store=settings.room(FileSettings).store_url,
        database=bool(settings.database_url.get_secret_value()),
        process=os.getpid(),
    )
    with unfinished.marked(home, mark):
        try:
            others = {each for each in os.listdir(home) if unfinished.NAME not in each}
            if others != before:
                raise _in_use(home)  # somebody opened it in this very moment
            return asyncio.run(_restore(load(filling=True, **overrides), archive, manifest, gone))
        except BaseException:
            take_away(settings, mark, ours=True)
            raise


def _in_use(home: Path) -> NotEmpty:
    return NotEmpty(f"{home} is in use, and a restore overwrites nothing: name an empty folder with --into.")


async def _restore(settings: Settings, archive: Path, manifest: Manifest, gone: list[UUID]) -> tuple[bool, int, int]:
    """Put everything back. Whether the ledger balances, how many erased members were in it, and how many still are."""
    secret = settings.secret.get_secret_value()
    with holding_database(settings):
        if not settings.database_url.get_secret_value():
            migrate.create_database(bootstrap.embedded(settings).url(), bootstrap.DATABASE)
        url = bootstrap.owner_url(settings)
        migrate.mark_unfinished(url, str(settings.home))
        await put_back(
            archive,
            manifest,
            owner_url=url,
            secret=secret,
            store=Assets.open(settings.room(FileSettings).store_url or str(settings.home / "files"), secret).store,
            catalog=settings.catalog or settings.home / "catalog.toml",
            scratch=settings.home,
        )
        back = erase_again(url, gone)
        async with bootstrap.open_studio(settings) as studio:
            eraser = Eraser(studio.worker_db, studio.assets.store, partial(derive, secret))
            late = await erase_now(eraser, back)
            async with studio.operator_db.transaction(Acting.for_studio()) as db:
                balanced = (await ledger.check(db)).balanced
        migrate.mark_finished(url)
        return balanced, len(back), late

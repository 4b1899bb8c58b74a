"""What a restore wrote: taken away again when it failed or was killed, and nothing else is."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from atelier import bootstrap
from atelier.assets import Store
from atelier.assets.settings import FileSettings
from atelier.base import migrate, unfinished
from atelier.base.unfinished import Mark, Unfinished
from atelier.ops.backup import NotEmpty
from atelier.settings import Settings


async def check_empty(settings: Settings) -> None:
    """Refuse a store or a database outside the data folder that holds something, before anything is written."""
    if settings.room(FileSettings).store_url:
        async for listed in Store.open(settings.room(FileSettings).store_url).list(size=1):
            if listed:
                raise NotEmpty("The store already holds files; restore into an empty one.")
    if url := settings.database_url.get_secret_value():
        migrate.refuse_unfinished(url)
        await asyncio.to_thread(migrate.refuse_tables, url)


def take_away(settings: Settings, mark: Mark, *, ours: bool = False) -> None:
    """Take away what a restore wrote: files and database first, its mark last, so that it may be repeated.

    `ours`: the restore is this process's own. `Unfinished` if another process is still at it.
    """
    home = settings.home
    if not ours and unfinished.is_running(home):
        unfinished.refuse(home)
    own = settings.database_url.get_secret_value()
    if (mark.store, mark.database) != (settings.room(FileSettings).store_url, bool(own)):
        raise Unfinished(
            "The unfinished restore went to another database or store than the settings name now. Set"
            " ATELIER_DATABASE_URL and ATELIER_STORE_URL as they were then, and try again. Nothing was taken away."
        )
    if mark.database:
        migrate.empty_unfinished(own)
    else:
        bootstrap.embedded(settings).discard()
    if mark.store:
        asyncio.run(_empty(Store.open(mark.store)))
    _clear(home, {*mark.before, unfinished.NAME})
    unfinished.remove(home)


async def _empty(store: Store) -> None:
    async for listed in store.list():
        await store.delete(*(found.path for found in listed))


def _clear(home: Path, but: set[str]) -> None:
    for path in home.iterdir():
        if path.name in but or path.name.startswith(f".{unfinished.NAME}"):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

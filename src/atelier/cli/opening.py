"""How commands come to an open studio: the running one's database, or the embedded one for as long as they need it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from atelier import bootstrap
from atelier.base import log, migrate
from atelier.base.errors import AtelierError
from atelier.cli.room import check_room
from atelier.settings import Settings, load
from atelier.spine import Studio


class NotMigrated(AtelierError):
    """The database has another shape than this release needs."""

    code = "not_migrated"
    status = 503


@contextmanager
def holding_database(settings: Settings) -> Iterator[None]:
    """Keep the embedded database running; nothing to do for a database of the operator's own."""
    if settings.database_url.get_secret_value():
        yield
        return
    server = bootstrap.embedded(settings)
    if not server.running():
        check_room(settings.home)
    server.open()
    try:
        yield
    finally:
        server.close()


def migrated(settings: Settings, *, make: bool = False) -> str:
    """The owner's URL of a database that has this release's shape.

    With `make`, an embedded database is made and migrated where it isn't there yet.
    """
    own = bool(settings.database_url.get_secret_value())
    if make and not own:
        migrate.create_database(bootstrap.embedded(settings).url(), bootstrap.DATABASE)
        url = bootstrap.owner_url(settings)
        migrate.refuse_unfinished(url)
        migrate.upgrade(url, settings.secret.get_secret_value())
        return url
    url = bootstrap.owner_url(settings)
    migrate.refuse_unfinished(url)
    _fits(migrate.lacks(url))
    return url


def serves(settings: Settings) -> None:
    """Refuse to serve or work on a database that has another shape than this release's."""
    _fits(asyncio.run(migrate.lacks_here(bootstrap.owner_url(settings))))


def _fits(lacks: str | None) -> None:
    if lacks:
        raise NotMigrated(f"The database {lacks}: run `bin/atelier migrate up`.")


@asynccontextmanager
async def open_studio() -> AsyncIterator[Studio]:
    """The studio of the settings, for one command: the running one, or opened for as long as the block runs."""
    settings = load()
    log.configure(level="WARNING", as_json=False)
    with holding_database(settings):
        migrated(settings, make=True)
        async with bootstrap.open_studio(settings) as studio:
            yield studio

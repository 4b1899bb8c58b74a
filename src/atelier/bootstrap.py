"""Settings → Studio: the one place that reads the settings and opens everything."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from atelier.assets import Assets
from atelier.base.db import connect, role_url
from atelier.base.postgres import EmbeddedPostgres
from atelier.base.signals import Signals
from atelier.catalog import Catalog
from atelier.catalog.catalog import DEFAULT
from atelier.engines import Engine, Engines
from atelier.engines.registry import release
from atelier.limits import Limiter, parse_rates
from atelier.limits.limit import NEWCOMERS
from atelier.notify import Carrier, Keys, NoCarrier, Smtp, Writer
from atelier.people.doors import Doors, Mode
from atelier.settings import HERE, Settings
from atelier.studio import Studio

DATABASE = "atelier"
PEOPLE = Path(__file__).parent / "people"  # whose letters are the studio's


def owner_url(settings: Settings) -> str:
    """The database's URL as its owner; the embedded server must be running unless the settings name another."""
    named = settings.database_url.get_secret_value()
    if named:
        return named
    return embedded(settings).url(DATABASE).replace("postgres@", "atelier_owner@", 1)


def embedded(settings: Settings) -> EmbeddedPostgres:
    """The embedded server under the data folder."""
    return EmbeddedPostgres(settings.home / "postgres")


def catalog_path(settings: Settings) -> Path:
    """The operator's catalog file; the release's own is copied there when there is none."""
    path = settings.catalog or settings.home / "catalog.toml"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(DEFAULT, path)
    return path


def carrier(settings: Settings) -> Carrier:
    """Who carries the studio's mail: the server that the settings name, or nobody."""
    server = settings.smtp_url.get_secret_value()
    return Smtp(server, settings.mail_from) if server else NoCarrier()


@asynccontextmanager
async def open_studio(
    settings: Settings, *, engines: Mapping[str, Callable[[], Engine]] | None = None
) -> AsyncIterator[Studio]:
    """Open every part on a migrated database, and close them all at the end. Connections open when first used."""
    url = owner_url(settings)
    secret = settings.secret.get_secret_value()
    limiter = Limiter(settings.redis_url.get_secret_value(), parse_rates(settings.limits))
    known = Engines(
        engines or release(idle=settings.engine_idle, threads=settings.engine_threads),
        roots=(settings.home, HERE),
        elsewhere=frozenset(filter(None, settings.engines_elsewhere.replace(" ", "").split(","))),
        local=settings.extras == "local",
    )
    databases = {role: connect(url, role, secret) for role in ("web", "worker", "operator")}
    try:
        yield Studio(
            home=settings.home,
            origin=settings.origin,
            production=settings.production,
            debug=settings.debug,
            secret=secret,
            owner_url=url,
            web_db=databases["web"],
            worker_db=databases["worker"],
            operator_db=databases["operator"],
            queue_url=role_url(url, "worker", secret),
            signals=Signals(role_url(url, "web", secret)),
            limiter=limiter,
            assets=Assets.open(settings.store_url or str(settings.home / "files"), secret),
            catalog=Catalog(catalog_path(settings), engines=known.ids, lack=known.lack),
            engines=known,
            welcome_credits=settings.welcome_credits,
            carrier=carrier(settings),
            doors=Doors(
                mode=Mode(settings.registration),
                verify=settings.verifies,
                keys=Keys(secret),
                writer=Writer(settings.origin, [PEOPLE / "templates"]),
                secret=secret,
                grace_days=settings.grace_days,
                newcomers=limiter.first(NEWCOMERS),
            ),
            providers=tuple(settings.providers),
            cors_origins=tuple(filter(None, settings.cors_origins.replace(" ", "").split(","))),
            trusted_proxies=frozenset(filter(None, settings.trusted_proxies.replace(" ", "").split(","))),
        )
    finally:
        await known.close()
        for database in databases.values():
            await database.close()

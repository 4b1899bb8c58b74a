"""Settings → Studio: the one place that reads the settings and opens everything."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from atelier.assets import Assets
from atelier.assets.credentials import Credentials
from atelier.assets.settings import FileSettings
from atelier.base.db import ROLES, connect, role_url
from atelier.base.postgres import EmbeddedPostgres
from atelier.base.signals import Signals
from atelier.base.whole import write_whole
from atelier.catalog import Catalog
from atelier.catalog.catalog import DEFAULT
from atelier.engines import Engine, Engines
from atelier.engines.kind import Machine
from atelier.engines.settings import EngineSettings
from atelier.engines.webhooks import Webhooks
from atelier.limits import Limiter, parse_rates
from atelier.limits.limit import NEWCOMERS
from atelier.limits.network import parse_networks
from atelier.notify import Carrier, Keys, NoCarrier, Smtp, Writer
from atelier.notify.settings import MailSettings
from atelier.ops.settings import RecordSettings
from atelier.people.account_settings import AccountSettings, Mode
from atelier.people.settings import PeopleSettings
from atelier.safety import Safety
from atelier.settings import HERE, Settings
from atelier.spine import Studio
from atelier.web.hosts import allowed_hosts

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
        with suppress(FileExistsError):  # another process was quicker
            write_whole(path, DEFAULT.read_bytes(), overwrite=False)
    return path


def carrier(settings: Settings) -> Carrier:
    """Who carries the studio's mail: the server that the settings name, or nobody."""
    mail = settings.room(MailSettings)
    server = mail.smtp_url.get_secret_value()
    return Smtp(server, mail.mail_from) if server else NoCarrier()


def verifies(settings: Settings) -> bool:
    """Whether a new member confirms their e-mail before anything else; by default where a server carries mail."""
    asked = settings.room(PeopleSettings).verify_email
    return carrier(settings).sender is not None if asked is None else asked


@asynccontextmanager
async def open_studio(
    settings: Settings, *, engines: Mapping[str, Callable[[], Engine]] | None = None
) -> AsyncIterator[Studio]:
    """Open every part on a migrated database, and close them all at the end. Connections open when first used."""
    url = owner_url(settings)
    secret = settings.secret.get_secret_value()
    people, files = settings.room(PeopleSettings), settings.room(FileSettings)
    local, records = settings.room(EngineSettings), settings.room(RecordSettings)
    limiter = Limiter(settings.redis_url.get_secret_value(), parse_rates(settings.limits))
    machine = Machine(
        roots=(settings.home, HERE),
        local=local.extras == "local",
        idle=local.engine_idle,
        threads=local.engine_threads,
        allowed=settings.private_hosts,
        webhooks=Webhooks(settings.origin),
    )
    known = Engines(machine, elsewhere=local.engines_elsewhere, given=engines)
    databases = {
        role: connect(url, role, secret, pool=settings.database_pool, prepare=settings.database_prepare)
        for role in ROLES
    }
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
            assets=Assets.open(
                files.store_url or str(settings.home / "files"),
                secret,
                files.file_limits,
                Credentials(
                    secret, urlsplit(settings.origin).hostname or "Atelier", files.credentials, files.own_certificate
                ),
            ),
            catalog=Catalog(
                catalog_path(settings),
                engines=known.ids,
                lack=known.lack,
                licence=known.licence,
                configure=known.configure,
            ),
            engines=known,
            safety=Safety(settings.home / "weights"),
            welcome_credits=people.welcome_credits,
            carrier=carrier(settings),
            accounts=AccountSettings(
                mode=Mode(people.registration),
                verify=verifies(settings),
                keys=Keys(secret),
                writer=Writer(settings.origin, [PEOPLE / "templates"]),
                secret=secret,
                grace_days=people.grace_days,
                newcomers=limiter.first(NEWCOMERS),
            ),
            hosts=allowed_hosts(
                settings.hosts, settings.origin, production=settings.production, machine=socket.gethostname()
            ),
            providers=tuple(people.providers),
            cors_origins=settings.cors_origins,
            connections_per_address=settings.connections_per_address,
            activity_days=records.activity_days,
            trail_days=records.trail_days,
            private_hosts=settings.private_hosts,
            trusted_proxies=parse_networks(settings.trusted_proxies),
        )
    finally:
        await known.close()
        await limiter.close()
        for database in databases.values():
            await database.close()

"""The studio as a whole: every part that bootstrap opens, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from atelier.assets import Assets
from atelier.base.db import Database
from atelier.base.signals import Signals
from atelier.catalog import Catalog
from atelier.engines import Engines
from atelier.limits import Limiter
from atelier.limits.network import Networks
from atelier.notify import Carrier
from atelier.people.account_settings import AccountSettings
from atelier.people.oidc.provider import Provider
from atelier.safety import Safety
from atelier.web.hosts import Hosts


@dataclass(frozen=True, slots=True)
class Studio:
    """What the web process, the worker and the command line work with."""

    home: Path
    origin: str
    production: bool
    debug: bool
    secret: str
    owner_url: str
    web_db: Database
    worker_db: Database
    operator_db: Database
    queue_url: URL
    signals: Signals
    limiter: Limiter
    assets: Assets
    catalog: Catalog
    engines: Engines
    welcome_credits: int
    carrier: Carrier  # of mail
    accounts: AccountSettings
    safety: Safety
    hosts: Hosts  # under which names it answers
    providers: tuple[Provider, ...] = ()  # through whom members come in
    connections_per_address: int = 200
    activity_days: int = 180  # for which events of runs and files are kept
    trail_days: int = 400  # for which all other events are kept
    private_hosts: str = ""  # which hosts of the operator's own network it may ask, as `base.addresses` reads them
    trusted_proxies: Networks = ()
    cors_origins: tuple[str, ...] = ()

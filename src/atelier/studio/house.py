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
from atelier.notify import Carrier
from atelier.people.doors import Doors
from atelier.people.oidc.provider import Provider


@dataclass(frozen=True, slots=True)
class Studio:
    """What the doors (web, worker, command line) work with."""

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
    doors: Doors
    providers: tuple[Provider, ...] = ()  # through whom members come in
    trusted_proxies: frozenset[str] = frozenset()
    cors_origins: tuple[str, ...] = ()

"""The room of the catalog: the operator's page of the models on offer, and where their providers call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.base.addresses import parse_allowed
from atelier.base.background import Round, Sender, Task
from atelier.base.outgoing import Outgoing
from atelier.catalog.calls import CHANNEL, SENDER
from atelier.web.language import translate
from atelier.web.room import Room

if TYPE_CHECKING:
    from atelier.web.routes import Routes


def _routes() -> Sequence[Routes]:
    from atelier.catalog import console, providers, webhooks, weights

    return console.routes, providers.routes, webhooks.routes, weights.routes


def _tasks(studio: Any) -> Sequence[Task]:
    from atelier.catalog.fetches import Fetcher

    return Fetcher(studio.worker_db, studio.home, Outgoing(allowed=parse_allowed(studio.private_hosts))).tasks


def _rounds(studio: Any) -> Sequence[Round]:
    from atelier.catalog.standings import Noting

    return Noting(studio.worker_db, studio.engines).rounds


def _senders(_studio: Any) -> Sequence[Sender]:
    return (SENDER,)


def _listens(studio: Any) -> Mapping[str, Callable[[str], None]]:
    return {CHANNEL: studio.engines.webhooks.heard}


ROOM = Room(
    "catalog",
    Path(__file__).parent,
    routes=_routes,
    console=[
        ("/console/models", lambda: translate("Models")),
        ("/console/providers", lambda: translate("Providers")),
        ("/console/weights", lambda: translate("Weights")),
    ],
    tasks=_tasks,
    rounds=_rounds,
    senders=_senders,
    listens=_listens,
)

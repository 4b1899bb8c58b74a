"""The room of credits: the wallet and its statement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.base.background import Round
from atelier.ledger import expire
from atelier.web.language import translate
from atelier.web.room import NavEntry, Room

if TYPE_CHECKING:
    from atelier.web.routes import Routes


EXPIRING_EVERY_SECONDS = 300.0  # nothing is spent after its day, whenever this runs: it is for the statement


def _rounds(studio: Any) -> Sequence[Round]:
    return [Round("ledger:expire", EXPIRING_EVERY_SECONDS, lambda: expire(studio.worker_db))]


def _routes() -> Sequence[Routes]:
    from atelier.ledger import api, pages

    return pages.routes, api.routes


ROOM = Room(
    "ledger",
    Path(__file__).parent,
    routes=_routes,
    nav=[NavEntry("keep", "/wallet", lambda: translate("Wallet"), "wallet", "w")],
    rounds=_rounds,
)

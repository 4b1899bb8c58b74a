"""The room of files: the library, links and uploads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.base.background import Round
from atelier.web.language import translate
from atelier.web.room import NavEntry, Room

if TYPE_CHECKING:
    from atelier.web.routes import Routes


def _routes() -> Sequence[Routes]:
    from atelier.assets import api, files, pages
    from atelier.assets.credentials import pages as credentials

    return pages.routes, credentials.routes, files.routes, api.routes


def _rounds(studio: Any) -> Sequence[Round]:
    from atelier.assets.sweep import EVERY, sweep

    sweeping = partial(sweep, studio.worker_db, studio.assets.store)
    return [Round("assets:sweep", EVERY.total_seconds(), sweeping, alone=True)]  # it lists the whole store


ROOM = Room(
    "assets",
    Path(__file__).parent,
    routes=_routes,
    nav=[NavEntry("keep", "/library", lambda: translate("Library"), "library", "l")],
    rounds=_rounds,
)

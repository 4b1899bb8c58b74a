"""The operator's console."""

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
    from atelier.ops.console import pages, record_pages

    return pages.routes, record_pages.routes


def _rounds(studio: Any) -> Sequence[Round]:
    from atelier.ops.records.forget import EVERY, forget

    forgetting = partial(forget, studio.worker_db, activity_days=studio.activity_days, trail_days=studio.trail_days)
    return [Round("events:forget", EVERY.total_seconds(), forgetting, alone=True)]


ROOM = Room(
    "console",
    Path(__file__).parent,
    routes=_routes,
    nav=[NavEntry("operate", "/console", lambda: translate("Console"), "console", "c", staff=True)],
    console=[
        ("/console", lambda: translate("Overview")),
        ("/console/trail", lambda: translate("Trail")),
        ("/console/limits", lambda: translate("Limits")),
        ("/console/flags", lambda: translate("Switches")),
    ],
    rounds=_rounds,
)

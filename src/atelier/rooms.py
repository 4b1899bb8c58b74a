"""The rooms of the studio, in their order. A new room is a folder with a `room.py`, and a line here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from atelier import web
from atelier.assets.room import ROOM as ASSETS
from atelier.catalog.room import ROOM as CATALOG
from atelier.ledger.room import ROOM as LEDGER
from atelier.making.room import ROOM as MAKING
from atelier.notify.room import ROOM as NOTIFY
from atelier.ops.console.room import ROOM as CONSOLE
from atelier.people.room import ROOM as PEOPLE
from atelier.safety.room import ROOM as SAFETY
from atelier.spine.room import ROOM as SPINE
from atelier.training.room import ROOM as TRAINING
from atelier.web.room import Room

if TYPE_CHECKING:
    from atelier.web.routes import Routes


def _web_routes() -> Sequence[Routes]:
    from atelier.ops import health
    from atelier.web import openapi, preferences, reports

    return openapi.routes, preferences.routes, reports.routes, health.routes


WEB = Room("web", Path(web.__file__).parent, routes=_web_routes)
ROOMS: tuple[Room, ...] = (WEB, SPINE, NOTIFY, MAKING, TRAINING, ASSETS, LEDGER, PEOPLE, CATALOG, SAFETY, CONSOLE)


def routers() -> tuple[Routes, ...]:
    """Those of every route of the studio."""
    return tuple(each for room in ROOMS for each in room.routes())

"""The room of safety: the operator's page of the filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.web.language import translate
from atelier.web.room import Room

if TYPE_CHECKING:
    from atelier.web.routes import Routes


def _routes() -> Sequence[Routes]:
    from atelier.safety import console

    return (console.routes,)


def _listens(studio: Any) -> Mapping[str, Callable[[str], None]]:
    from atelier.safety.rules import CHANNEL

    return {CHANNEL: studio.safety.forget}


ROOM = Room(
    "safety",
    Path(__file__).parent,
    routes=_routes,
    console=[("/console/safety", lambda: translate("Safety"))],
    listens=_listens,
)

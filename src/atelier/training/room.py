"""The room of training: the page where a personal model is begun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from atelier.web.language import translate
from atelier.web.room import NavEntry, Room

if TYPE_CHECKING:
    from atelier.web.routes import Routes


def _routes() -> Sequence[Routes]:
    from atelier.training import pages

    return (pages.routes,)


ROOM = Room(
    "training",
    Path(__file__).parent,
    routes=_routes,
    nav=[NavEntry("make", "/train", lambda: translate("Train"), "model", "p", tool="model.train")],
)

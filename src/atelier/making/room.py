"""The room of making: the forms, the runs and the workbench."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from atelier.web.language import translate
from atelier.web.room import NavEntry, Room

if TYPE_CHECKING:
    from atelier.web.routes import Routes


def _routes() -> Sequence[Routes]:
    from atelier.making import api, editor_pages, pages, run_pages

    return editor_pages.routes, pages.routes, run_pages.routes, api.routes


ROOM = Room(
    "making",
    Path(__file__).parent,
    routes=_routes,
    nav=[
        NavEntry("make", "/make/image.generate", lambda: translate("Pictures"), "picture", "m"),
        NavEntry("make", "/make/image.edit", lambda: translate("Edit"), "pencil", "e", tool="image.edit"),
        NavEntry("keep", "/jobs", lambda: translate("Workbench"), "workbench", "j"),
    ],
)

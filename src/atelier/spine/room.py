"""The room of the spine: its work in the background, and the operator's page of the queue."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.jobs import inbox
from atelier.jobs.background import Round, Task
from atelier.spine.advance import advance
from atelier.web.language import translate
from atelier.web.room import Room

if TYPE_CHECKING:
    from atelier.web.routes import Routes


def _routes() -> Sequence[Routes]:
    from atelier.spine import console

    return (console.routes,)


def _tasks(studio: Any) -> Sequence[Task]:
    return [Task("jobs:advance", partial(advance, studio))]


def _rounds(studio: Any) -> Sequence[Round]:
    return [inbox.forgetting(studio.worker_db)]


ROOM = Room(
    "spine",
    Path(__file__).parent,
    routes=_routes,
    console=[("/console/queue", lambda: translate("Queue"))],
    tasks=_tasks,
    rounds=_rounds,
)

"""The room of mail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.jobs.background import Round, Task
from atelier.notify import jobs
from atelier.notify.deliver import Postman
from atelier.web.language import translate
from atelier.web.room import Room

if TYPE_CHECKING:
    from atelier.web.routes import Routes


def _routes() -> Sequence[Routes]:
    from atelier.notify import console

    return (console.routes,)


def _postman(studio: Any) -> Postman:
    return Postman(studio.worker_db, studio.carrier, studio.accounts.keys, studio.origin)


def _tasks(studio: Any) -> Sequence[Task]:
    return jobs.tasks(_postman(studio))


def _rounds(studio: Any) -> Sequence[Round]:
    return jobs.rounds(_postman(studio))


ROOM = Room(
    "notify",
    Path(__file__).parent,
    routes=_routes,
    console=[("/console/mail", lambda: translate("Mail"))],
    tasks=_tasks,
    rounds=_rounds,
)

"""What workers do for people: answer by mail what was asked for at the doors, and tell of tokens that end soon."""

from __future__ import annotations

from atelier.jobs.background import Round, Task
from atelier.people import expiring
from atelier.people.answer import Answerer, tend


def tasks(answerer: Answerer) -> list[Task]:
    return [Task("people:answer", answerer.answer)]


def rounds(answerer: Answerer) -> list[Round]:
    return [
        Round("people:tend", 60.0, lambda: tend(answerer.database)),
        Round("people:expiring", 600.0, lambda: expiring.tell(answerer.database, answerer.writer)),
    ]

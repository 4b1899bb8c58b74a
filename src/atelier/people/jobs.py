"""What workers do for people: answer, by mail, what was asked for at the doors."""

from __future__ import annotations

from atelier.jobs.background import Round, Task
from atelier.people.answer import Answerer, tend


def tasks(answerer: Answerer) -> list[Task]:
    return [Task("people:answer", answerer.answer)]


def rounds(answerer: Answerer) -> list[Round]:
    return [Round("people:tend", 60.0, lambda: tend(answerer.database))]

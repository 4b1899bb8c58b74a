"""What workers do for people: answer by mail the requests made on sign-in pages, and tell of tokens that end soon."""

from __future__ import annotations

from atelier.jobs.background import Round, Rows, Task
from atelier.people import expiring
from atelier.people.answer import Answerer, tend

# whoever asked more than an hour ago has asked again
_WISHES = Rows("confirmations", "answered_at IS NULL AND created_at > now() - interval '1 hour'", "answer:", "wish_id")


def tasks(answerer: Answerer) -> list[Task]:
    return [Task("people:answer", answerer.answer, _WISHES)]


def rounds(answerer: Answerer) -> list[Round]:
    return [
        Round("people:tend", 60.0, lambda: tend(answerer.database)),
        Round("people:expiring", 600.0, lambda: expiring.tell(answerer.database, answerer.writer)),
    ]

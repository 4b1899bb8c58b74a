"""What workers do for mail."""

from __future__ import annotations

from atelier.jobs.background import Round, Rows, Task
from atelier.notify.deliver import Postman
from atelier.notify.tend import EVERY, tend


def tasks(postman: Postman) -> list[Task]:
    """Delivering, one mail at a time."""
    return [Task("mail:deliver", postman.deliver, Rows("mails", "state = 'waiting'", "mail:", "mail_id"))]


def rounds(postman: Postman) -> list[Round]:
    """Looking after the outbox."""
    return [Round("mail:tend", EVERY, lambda: tend(postman.database))]

"""When a mail is tried again, and for how long. Nothing here touches anything."""

from __future__ import annotations

from datetime import datetime, timedelta

GIVE_UP = timedelta(hours=24)  # as long as the keys in mails are good for
KEPT = timedelta(days=30)
_WAITS = (5.0, 20.0, 60.0, 300.0, 900.0)  # seconds after the first try, the second …


def wait(attempt: int) -> float:
    """Seconds until a mail that could not be sent `attempt` times is tried again: at most an hour."""
    return _WAITS[attempt - 1] if attempt <= len(_WAITS) else 3600.0


def too_late(written: datetime, now: datetime) -> bool:
    """Whether a mail has been tried for long enough."""
    return now - written > GIVE_UP

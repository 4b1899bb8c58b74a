"""The time of day, always in UTC, as a value that can be passed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)

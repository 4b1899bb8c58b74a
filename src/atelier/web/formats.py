"""How numbers, sizes and times are written on pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from atelier.base.clock import now


def credits(amount: int) -> str:
    """`1 credit`, `1,200 credits`."""
    return f"{amount:,} {'credit' if abs(amount) == 1 else 'credits'}"


def ago(moment: datetime) -> str:
    """How long ago, in the words people use; a date when it is long ago."""
    seconds = (now() - moment).total_seconds()
    if seconds < 45:
        return "just now"
    if seconds < 3600:
        return f"{max(1, round(seconds / 60))} min ago"
    if seconds < 86_400:
        return f"{round(seconds / 3600)} h ago"
    if seconds < 2 * 86_400:
        return "yesterday"
    return f"{moment.day} {moment:%B}" + ("" if moment.year == now().year else f" {moment.year}")


def size(count: int) -> str:
    """A number of bytes: `812 B`, `1.4 MB`."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError


FILTERS: dict[str, Callable[..., Any]] = {"credits": credits, "ago": ago, "size": size}

"""How numbers, sizes and times are written on pages, in the language that is spoken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from atelier.base.clock import now
from atelier.base.text import first_letter
from atelier.web.language import locale, translate, translate_many


def number(amount: int | float) -> str:
    """`1,200`, `3.5`."""
    return format_decimal(amount, locale=locale())


def credits(amount: int) -> str:
    """`1 credit`, `1,200 credits`."""
    return translate_many("%(number)s credit", "%(number)s credits", abs(amount)) % {"number": number(amount)}


def rate(amount: Decimal) -> str:
    """Credits for one of a unit: `1 credit`, `0.003 credits`."""
    return translate_many("%(number)s credit", "%(number)s credits", 1 if amount == 1 else 2) % {
        "number": format_decimal(amount, "#,##0.#########", locale=locale())
    }


def ago(moment: datetime) -> str:
    """How long ago, in the words people use; a date when it is long ago."""
    seconds = (now() - moment).total_seconds()
    if seconds < 45:
        return translate("just now")
    if seconds < 3600:
        return translate("%(count)s min ago") % {"count": max(1, round(seconds / 60))}
    if seconds < 86_400:
        return translate("%(count)s h ago") % {"count": max(1, round(seconds / 3600))}
    if seconds < 2 * 86_400:
        return translate("yesterday")
    return day(moment)


def ahead(moment: datetime) -> str:
    """How soon, in days: `within a day`, `in 3 days`."""
    days = (moment - now()).total_seconds() / 86_400
    if days < 1:
        return translate("within a day")
    return translate_many("in %(count)s day", "in %(count)s days", round(days)) % {"count": number(round(days))}


def day(moment: datetime) -> str:
    """`4 November`, with its year when that is another one."""
    english = locale().language == "en"
    plain = "d MMMM" if english else "d. MMMM"
    return format_date(moment, plain if moment.year == now().year else f"{plain} y", locale=locale())


def clock(moment: datetime) -> str:
    """A full moment for a title: `4 November 2026 at 14:05 UTC`."""
    return format_datetime(moment, "d MMMM y, HH:mm 'UTC'", locale=locale())


def size(count: int) -> str:
    """A number of bytes: `812 B`, `1.4 MB`."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            digits = "0" if unit == "B" or amount >= 100 else "0.0"
            return f"{format_decimal(amount, digits, locale=locale())} {unit}"
        amount /= 1000
    raise AssertionError


def initials(name: str) -> str:
    """Up to two letters for a member's badge."""
    parts = [part for part in name.replace("@", " ").split() if part[0].isalnum()]
    chosen = [parts[0], parts[-1]] if len(parts) > 1 else parts
    return "".join(first_letter(part) for part in chosen).upper() or "?"


def duration(seconds: float) -> str:
    """How long something lasts, as a player shows it: 0:07, 12:30, 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


FILTERS: dict[str, Callable[..., Any]] = {
    "credits": credits,
    "rate": rate,
    "ago": ago,
    "ahead": ahead,
    "day": day,
    "clock": clock,
    "size": size,
    "duration": duration,
    "number": number,
    "initials": initials,
}

"""Which language a page speaks: the member's choice in a cookie, else what the browser prefers, else English."""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fastapi import Request

FOLDER = Path(__file__).parents[1] / "locale"
COOKIE = "language"
LANGUAGES = {"en": "English", "de": "Deutsch"}

_spoken: ContextVar[str] = ContextVar("atelier_language", default="en")


def of(request: Request) -> str:
    """The language for a request."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else preferred(request.headers.get("accept-language", ""))


def preferred(accepted: str) -> str:
    """The first of our languages that an Accept-Language header (RFC 9110, section 12.5.4) names, by its weights."""
    wishes: list[tuple[float, str]] = []
    for part in accepted.split(",")[:20]:
        name, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        wishes.append((quality, name.partition("-")[0].lower()))
    ordered = sorted(wishes, key=lambda wish: -wish[0])
    return next((name for quality, name in ordered if quality > 0 and name in LANGUAGES), "en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` inside: in templates, filters and whatever calls `translate`."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """The language that is spoken now."""
    return _spoken.get()


def locale() -> Locale:
    """How the language that is spoken now writes numbers and dates."""
    return _locale(spoken())


def translate(message: str) -> str:
    """`message` in the language that is spoken now."""
    return _catalog(spoken()).gettext(message) if message else ""


def translate_many(one: str, many: str, count: int) -> str:
    """`one` or `many`, as the language that is spoken now counts."""
    return _catalog(spoken()).ngettext(one, many, count)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


@cache
def _catalog(language: str) -> gettext.NullTranslations:
    path = FOLDER / language / "LC_MESSAGES" / "atelier.po"
    if not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        written = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)

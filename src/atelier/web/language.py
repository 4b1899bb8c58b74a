"""Which language a page speaks: the member's choice in a cookie, else what the browser prefers, else English."""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

if TYPE_CHECKING:
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
    preferences: list[tuple[float, str]] = []
    for part in accepted.split(",")[:20]:
        name, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        preferences.append((quality, name.partition("-")[0].lower()))
    ordered = sorted(preferences, key=lambda preference: -preference[0])
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


def teach(environment: Environment) -> None:
    """Have templates speak: `{% trans %}`, `ngettext` and `_` in them are in the language that is spoken then."""
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        translate, translate_many, newstyle=True
    )
    environment.globals["_"] = _said


@pass_eval_context
def _said(context: EvalContext, message: str, **values: Any) -> str:
    """A phrase, with `values` put in. Jinja's own takes every phrase for HTML and for a format; refusals repeat what
    somebody wrote, and that is neither."""
    found = translate(message)
    if not values:
        return found
    return (Markup(found) if context.autoescape else found) % values  # noqa: S704 - values are for what templates say


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

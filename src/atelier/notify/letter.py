"""A letter's words: one template, written twice, as text and as HTML.

A letter extends `form` and writes with `says`, `act` and `small` from `pieces`; both are given to it, as text or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from atelier.web import formats, language

HERE = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody reads."""

    subject: str
    text: str
    html: str


def letter(folders: Sequence[Path], name: str, speak: str, /, **context: Any) -> Letter:
    """The letter `name` in the language `speak`; a room's letters lie in its own folder of templates."""
    found = tuple(folders)
    with language.speaking(speak):
        text = _environment(found, "txt").get_template(name)
        bound = text.new_context({"form": "notify/letter.txt", "pieces": "notify/pieces.txt", **context})
        subject = " ".join("".join(text.blocks["subject"](bound)).split())
        return Letter(
            subject=subject,
            text=_tidy(text.render(form="notify/letter.txt", pieces="notify/pieces.txt", **context)),
            html=_environment(found, "html")
            .get_template(name)
            .render(form="notify/letter.html", pieces="notify/pieces.html", **context),
        )


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _environment(folders: tuple[Path, ...], kind: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([str(folder) for folder in (HERE, *folders)]),
        autoescape=kind == "html",  # noqa: S701 - a text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.filters.update(formats.FILTERS)
    environment.globals.update(spoken=language.spoken)
    environment.policies["ext.i18n.trimmed"] = True
    language.teach(environment)
    return environment

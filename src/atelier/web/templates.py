"""Pages from Jinja templates: each room brings a `templates/` folder; one block serves the page and the fragment."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from atelier.web import formats, language
from atelier.web.icons import icon
from atelier.web.static_files import Static
from atelier.web.theme import theme

SMALL = 1000  # bytes below which compressing gains nothing


class Templates:
    """The studio's templates, found in the folders of its rooms, in order; `static` serves the files that they name."""

    def __init__(self, folders: Sequence[Path], globals: Mapping[str, Any] | None = None) -> None:
        self.static = Static()
        self.environment = Environment(
            loader=FileSystemLoader([str(folder) for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.environment.filters.update(formats.FILTERS)
        self.environment.globals.update(
            icon=icon, static=self.static.url, languages=language.LANGUAGES, spoken=language.spoken
        )
        self.environment.globals["offers"] = lambda _tool: False  # whether a tool has a model that can work
        self.environment.globals.update(globals or {})
        self.environment.policies["ext.i18n.trimmed"] = True
        language.teach(self.environment)

    def page(self, request: Request, name: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """The page `name`, with what every page knows: the request, its caller, the CSP nonce."""
        with language.speaking(language.of(request)):
            text = self.environment.get_template(name).render(self._context(request, context))
        return _answer(request, text, status)

    def block(self, request: Request, name: str, block: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """One block of the page `name`, for an update in place."""
        return _answer(request, self.block_text(request, name, block, **context), status)

    def block_text(self, request: Request, name: str, block: str, **context: Any) -> str:
        """The text of one block, for a stream."""
        template = self.environment.get_template(name)
        with language.speaking(language.of(request)):
            bound = template.new_context(self._context(request, context))
            return "".join(template.blocks[block](bound))

    @staticmethod
    def _context(request: Request, context: Mapping[str, Any]) -> dict[str, Any]:
        state = request.state
        return {
            "request": request,
            "caller": getattr(state, "caller", None),
            "balance": getattr(state, "balance", None),
            "nonce": getattr(state, "nonce", ""),
            "path": request.url.path,
            "theme": theme(request),
            **context,
        }


def _answer(request: Request, text: str, status: int) -> HTMLResponse:
    """The text as a page, compressed for a browser that can take it."""
    answer = HTMLResponse(text, status_code=status, headers={"Vary": "Accept-Encoding"})
    if len(answer.body) > SMALL and "gzip" in request.headers.get("accept-encoding", ""):
        answer.body = gzip.compress(answer.body, 5, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer

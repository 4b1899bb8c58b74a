"""Pages from Jinja templates, and static files; each room brings its own. One block serves page and fragment."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from atelier.web import formats, language, once
from atelier.web.icons import icon
from atelier.web.room import Room
from atelier.web.static_files import FOLDER, gathered
from atelier.web.theme import theme

SMALL = 1000  # bytes below which compressing gains nothing


class Templates:
    """The templates of all rooms, found in their order; `static` serves the files that they name.

    A page `ROOM/NAME.html` loads the style and the script of its room by itself.
    """

    def __init__(self, rooms: Sequence[Room], globals: Mapping[str, Any] | None = None) -> None:
        self.static = gathered(tuple((room.name, room.static) for room in rooms if room.static != FOLDER))
        self.environment = Environment(
            loader=FileSystemLoader([str(room.templates) for room in rooms]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.environment.filters.update(formats.FILTERS)
        self.environment.globals.update(
            icon=icon,
            static=self.static.url,
            bundle=self.static.bundle,
            languages=language.LANGUAGES,
            spoken=language.spoken,
            once=once.field,
        )
        self.environment.globals["offers"] = lambda _tool: False  # whether a tool has a model that can work
        self.environment.globals["nav"] = ()  # the rooms' links
        self.environment.globals["console_nav"] = tuple  # and those in the operator's console
        self.environment.globals.update(globals or {})
        self.environment.policies["ext.i18n.trimmed"] = True
        language.teach(self.environment)

    def page(self, request: Request, name: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """The page `name`, with what every page knows: the request, its caller, the CSP nonce."""
        with language.speaking(language.of(request)):
            text = self.environment.get_template(name).render(self._context(request, name, context))
        return _answer(request, text, status)

    def block(self, request: Request, name: str, block: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """One block of the page `name`, for an update in place."""
        return _answer(request, self.block_text(request, name, block, **context), status)

    def block_text(self, request: Request, name: str, block: str, **context: Any) -> str:
        """The text of one block, for a stream."""
        template = self.environment.get_template(name)
        with language.speaking(language.of(request)):
            bound = template.new_context(self._context(request, name, context))
            return "".join(template.blocks[block](bound))

    @staticmethod
    def _context(request: Request, name: str, context: Mapping[str, Any]) -> dict[str, Any]:
        state = request.state
        return {
            "request": request,
            "own_room": name.partition("/")[0],
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

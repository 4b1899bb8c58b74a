"""The page that a form was sent from, as a path of ours that can be opened."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from fastapi import Request
from starlette.routing import Match


def sent_from(request: Request, otherwise: str) -> str:
    """The path and query of the page of ours that sent this request, by its Referer, or else `otherwise`."""
    written = request.headers.get("referer", "")
    try:
        found = urlsplit(written)
    except ValueError:
        return otherwise
    if found.netloc != request.headers.get("host"):
        return otherwise
    return page_at(request, f"{found.path}?{found.query}" if found.query else found.path, otherwise)


def page_at(request: Request, wanted: str, otherwise: str) -> str:
    """`wanted` if it is a path of ours that can be opened, the next one above it that can, or else `otherwise`.

    Where a form was answered with a page, the page's address takes forms alone.
    """
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted or not wanted.isprintable():
        return otherwise
    path, mark, query = wanted.partition("?")
    if _opens(request, path):
        return path + mark + query
    while path := path.rpartition("/")[0]:
        if _opens(request, path):
            return path
    return otherwise


def _opens(request: Request, path: str) -> bool:
    scope = {**request.scope, "method": "GET", "path": request.scope.get("root_path", "") + unquote(path)}
    return any(route.matches(dict(scope))[0] is Match.FULL for route in request.app.routes)

"""The page that a form was sent from, as a path of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request


def sent_from(request: Request, otherwise: str) -> str:
    """The path and query of the page of ours that sent this request, by its Referer, or else `otherwise`."""
    written = request.headers.get("referer", "")
    try:
        found = urlsplit(written)
    except ValueError:
        return otherwise
    ours = found.netloc == request.headers.get("host") and found.path.startswith("/")
    if not ours or found.path.startswith("//") or "\\" in written:
        return otherwise
    return f"{found.path}?{found.query}" if found.query else found.path

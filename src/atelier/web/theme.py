"""Light or dark: what the visitor chose, kept in a cookie so that the first paint is right without a script."""

from __future__ import annotations

from fastapi import Request

COOKIE = "theme"
THEMES = ("system", "light", "dark")


def theme(request: Request) -> str:
    """The visitor's choice; `system` follows the device."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in THEMES else "system"

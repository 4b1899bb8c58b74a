"""Scopes: what a token may do. A token opens the routes whose scope it has, and no route that names none.

A browser's session has no scopes: it may do all that its member may.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from atelier.base.errors import Forbidden
from atelier.web.caller import Caller


class Scope(StrEnum):
    """What a token may do; few, as `noun:verb`."""

    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    ASSETS_READ = "assets:read"
    ASSETS_WRITE = "assets:write"
    MODELS_READ = "models:read"
    WALLET_READ = "wallet:read"
    ACCOUNT_READ = "account:read"
    DATA_READ = "data:read"
    DATA_WRITE = "data:write"


BROWSER: Final = None  # the scope of a route that no token opens: it is for signed-in browsers alone

MEANINGS = {
    Scope.JOBS_READ: "See your runs and follow them",
    Scope.JOBS_WRITE: "Make things with your credits, and cancel runs",
    Scope.ASSETS_READ: "See and download your files",
    Scope.ASSETS_WRITE: "Upload, rename, delete and restore your files",
    Scope.MODELS_READ: "See the models on offer and their prices",
    Scope.WALLET_READ: "See your credits and your statement",
    Scope.ACCOUNT_READ: "See your name, your e-mail and your tokens",
    Scope.DATA_READ: "Fetch exports of everything that the studio keeps about you",
    Scope.DATA_WRITE: "Have such exports made",
}


class InsufficientScope(Forbidden):
    """The token may do other things, not this (RFC 6750, section 3.1)."""

    code = "insufficient_scope"

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"This token may not do that: it lacks the scope {scope}.", scope=scope.value)
        self.scope = scope


class OnlyBrowsers(Forbidden):
    """Accounts, tokens and the console are for a signed-in person, so that a stolen token cannot outlive its end."""

    code = "session_needed"

    def __init__(self) -> None:
        super().__init__("A token opens nothing here. Sign in with a browser to do this.")


def check(scope: Scope | None, caller: Caller) -> None:
    """Raise unless the caller is a browser, or a token with that scope."""
    if caller.scopes is None:
        return
    if scope is None:
        raise OnlyBrowsers
    if scope not in caller.scopes:
        raise InsufficientScope(scope)

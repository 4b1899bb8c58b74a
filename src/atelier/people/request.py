"""How people come in, as a request reaches it; apart from the rest, so that a worker needs no web framework."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from atelier.people.account_settings import AccountSettings
from atelier.web.parts import promptly


def accounts(request: Request) -> AccountSettings:
    """The studio's own, which the application carries."""
    found: AccountSettings = request.app.state.accounts
    return found


Accounts = Annotated[AccountSettings, Depends(promptly(accounts))]

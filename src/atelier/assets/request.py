"""The studio's files as a request reaches them; apart from the rest, so that a worker needs no web framework."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from atelier.assets.shelf import Assets
from atelier.web.parts import promptly


def _assets(request: Request) -> Assets:
    found: Assets = request.app.state.store
    return found


Shelf = Annotated[Assets, Depends(promptly(_assets))]

"""The studio as a request reaches it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from atelier.studio.house import Studio
from atelier.web.parts import promptly


def studio(request: Request) -> Studio:
    found: Studio = request.app.state.studio
    return found


Whole = Annotated[Studio, Depends(promptly(studio))]

"""The studio as a request reaches it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from atelier.spine.studio import Studio
from atelier.web.parts import promptly


def studio(request: Request) -> Studio:
    found: Studio = request.app.state.studio
    return found


OpenStudio = Annotated[Studio, Depends(promptly(studio))]

"""The API described by itself (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from atelier.limits.limit import GENERAL
from atelier.web.access import Access
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.get("/api/v1/openapi.json", access=Access.PUBLIC, limit=GENERAL)
async def openapi(request: Request) -> dict[str, Any]:
    """The description that the application makes of its own routes."""
    described: dict[str, Any] = request.app.openapi()
    return described

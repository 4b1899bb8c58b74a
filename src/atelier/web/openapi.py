"""The API described by itself (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from atelier.limits.limit import GENERAL
from atelier.web.access import Access
from atelier.web.routes import Routes
from atelier.web.scopes import MEANINGS

routes = Routes(include_in_schema=False)
SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A personal token (`atl_…`), or an app's access token, with the scope that the route names.",
        "x-scopes": {scope.value: meaning for scope, meaning in MEANINGS.items()},
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "atelier", "description": "A browser that is signed in."},
}


@routes.get("/api/v1/openapi.json", access=Access.PUBLIC, limit=GENERAL)
async def openapi(request: Request) -> dict[str, Any]:
    """The description that the application makes of its own routes, and what opens them."""
    described: dict[str, Any] = request.app.openapi()
    described.setdefault("components", {})["securitySchemes"] = SCHEMES
    return described

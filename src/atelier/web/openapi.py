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
# RFC 9457, with our code and whether trying again can help
PROBLEM = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "code", "retry"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:atelier:error:not_found"]},
        "title": {"type": "string", "examples": ["There is no such job here."]},
        "status": {"type": "integer", "examples": [404]},
        "code": {"type": "string", "examples": ["not_found"]},
        "retry": {"type": "boolean", "description": "Whether the same request can succeed later."},
        "field": {"type": "string", "description": "The field that was at fault."},
    },
}


@routes.get("/api/v1/openapi.json", access=Access.PUBLIC, limit=GENERAL)
async def openapi(request: Request) -> dict[str, Any]:
    """The description that the application makes of its own routes, and what opens them."""
    described: dict[str, Any] = request.app.openapi()
    components = described.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    for path, methods in described["paths"].items():
        for operation in methods.values():
            operation["responses"] |= _refusals(path, operation)
    return described


def _refusals(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    """How any route may refuse; what its own answers are stays as it says."""
    open_to_all = operation.get("x-access") in (Access.PUBLIC, Access.SIGNATURE)
    statuses = {"422": "What was asked cannot be understood.", "429": "A limit was reached; Retry-After says when."}
    if not open_to_all:
        statuses |= {"401": "Nobody is signed in.", "403": "The caller may not do this."}
    if "{" in path:
        statuses["404"] = "Nothing of that name is the caller's."
    statuses["default"] = "Any other refusal, told by its `code`."
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": says, "content": body} for status, says in statuses.items()}

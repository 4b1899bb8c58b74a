"""The limit by which a request to make something is counted: that of the tool which it names."""

from fastapi import Request

from atelier.limits import Limit
from atelier.limits.limit import GENERAL, LIMITS
from atelier.tools import tools
from atelier.web.routes import Chosen


def limit_of(tool_id: object) -> Limit:
    """The limit of a tool; the general one for what is no tool."""
    tool = tools().get(tool_id) if isinstance(tool_id, str) else None
    return LIMITS[tool.limit] if tool is not None else GENERAL


async def _named_in_path(request: Request) -> Limit:
    return limit_of(request.path_params.get("tool_id"))


async def _named_in_body(request: Request) -> Limit:
    try:
        body = await request.json()
    except (ValueError, RecursionError):  # the route says what is wrong with it
        return GENERAL
    return limit_of(body.get("tool") if isinstance(body, dict) else None)


BY_PATH = Chosen(GENERAL, _named_in_path)
BY_BODY = Chosen(GENERAL, _named_in_body)

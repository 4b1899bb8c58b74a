"""What can be made: one file for each tool. Form, validation, API schema, price and CLI flags derive from it."""

from atelier.tools.tool import InvalidInput, Kind, Tool, ToolInput, Units, UnknownTool

__all__ = ["InvalidInput", "Kind", "Tool", "ToolInput", "Units", "UnknownTool", "find", "offer", "tools"]

_more: dict[str, Tool] = {}


def tools() -> dict[str, Tool]:
    """The tools of this release by id, and those that this process was given besides."""
    from atelier.tools.image_edit import ImageEdit
    from atelier.tools.image_generate import ImageGenerate

    return {tool.id: tool for tool in (ImageGenerate(), ImageEdit())} | _more


def offer(tool: Tool) -> None:
    """Let this process make something that the release cannot, as benches and tests do."""
    _more[tool.id] = tool


def find(tool_id: str) -> Tool:
    """The tool of that id, or `UnknownTool`."""
    found = tools().get(tool_id)
    if found is None:
        raise UnknownTool(f"This studio has no tool called {tool_id[:80]!r}.", field="tool")
    return found

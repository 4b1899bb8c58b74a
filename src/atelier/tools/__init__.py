"""What can be made: one file for each tool. Form, validation, API schema, price and CLI flags derive from it."""

import inspect
import pkgutil
from functools import cache
from importlib import import_module

from atelier.tools.terms import Amounts, Terms
from atelier.tools.tool import InvalidInput, Need, Tool, ToolInput, UnknownTool

__all__ = [
    "Amounts",
    "InvalidInput",
    "Need",
    "Terms",
    "Tool",
    "ToolInput",
    "UnknownTool",
    "find",
    "offer",
    "tools",
    "withdraw",
]

_more: dict[str, Tool] = {}


def tools() -> dict[str, Tool]:
    """The tools of this release by id, each from its file in this folder, and those that this process was given."""
    return _found() | _more


@cache
def _found() -> dict[str, Tool]:
    modules = [import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
    classes = [
        kind
        for module in modules
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, Tool) and kind.__module__ == module.__name__
    ]
    made = [kind() for kind in classes if not inspect.isabstract(kind)]
    return {tool.id: tool for tool in sorted(made, key=lambda tool: (tool.rank, tool.id))}


def offer(tool: Tool) -> None:
    """Let this process make something that the release cannot, as benches and tests do."""
    _more[tool.id] = tool


def withdraw(tool_id: str) -> None:
    """Take back what was offered so."""
    _more.pop(tool_id, None)


def find(tool_id: str) -> Tool:
    """The tool of that id, or `UnknownTool`."""
    found = tools().get(tool_id)
    if found is None:
        raise UnknownTool(f"This studio has no tool called {tool_id[:80]!r}.", field="tool")
    return found

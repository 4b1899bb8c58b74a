"""Each tool is found by its file; nothing else names it."""

from __future__ import annotations

from pathlib import Path

from atelier import tools

NO_TOOLS = {"__init__", "parent", "seeds", "terms", "tool"}  # what all tools are made of


def test_every_file_of_the_folder_is_a_tool_and_pictures_come_first() -> None:
    files = {path.stem for path in Path(tools.__file__).parent.glob("*.py")} - NO_TOOLS
    found = tools.tools()
    assert {tool.replace(".", "_") for tool in found} == files
    assert next(iter(found)) == "image.generate"

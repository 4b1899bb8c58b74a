"""A request as the command line writes it: `prompt="a red boat" count=2`, read by the tool's own schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from atelier.base.errors import BadRequest
from atelier.tools import Tool


class NotAField(BadRequest):
    """A word on the command line is no `field=value`."""

    code = "not_a_field"


def read(tool: Tool, words: Sequence[str]) -> dict[str, Any]:
    """The raw input for `tool`; a value that the schema wants as a list or an object is JSON. The tool validates it."""
    asked: dict[str, Any] = {}
    properties = tool.Input.model_json_schema()["properties"]
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise NotAField(f"{word!r} is no field: write name=value, as in prompt='a red boat'.")
        if value == "" and "default" in properties.get(name, {}):
            continue  # `seed=` is the same as no seed
        asked[name] = _structured(value) if properties.get(name, {}).get("type") in ("array", "object") else value
    return asked


def _structured(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value.split(",")


def fields(tool: Tool) -> Iterator[tuple[str, str, str]]:
    """The tool's fields as name, what may be in it, and what it is for."""
    schema = tool.Input.model_json_schema()
    for name, field in schema["properties"].items():
        default = field.get("default")
        shown = f"default {default}" if default not in (None, "") else "needed" if name in schema["required"] else ""
        allowed = "; ".join(filter(None, [_allowed(field), shown]))
        yield name, allowed, field.get("description") or field.get("title", "")


def _allowed(field: dict[str, Any]) -> str:
    field = next((kind for kind in field.get("anyOf", ()) if kind.get("type") != "null"), field)
    if "enum" in field:
        return ", ".join(map(str, field["enum"]))
    if "minimum" in field and "maximum" in field:
        return f"{field['minimum']} to {field['maximum']}"
    if "maxLength" in field:
        return f"up to {field['maxLength']} characters"
    return str(field.get("type", ""))

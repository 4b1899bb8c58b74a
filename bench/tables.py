"""What a bench measured, as Markdown, where it has no words of its own for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ABOUT = ("bench", "at", "machine")


def tables(result: Mapping[str, Any]) -> str:
    """Single values as a list; lists of mappings, and mappings of mappings with a first column of names, as tables."""
    singles = [
        f"- {_name(key)}: {_cell(value)}" for key, value in result.items() if _single(value) and key not in ABOUT
    ]
    parts = ["\n".join(singles)] if singles else []
    for key, value in result.items():
        rows = _rows(value)
        if rows:
            parts.append(f"**{_name(key)}**\n\n{table(rows)}")
    return "\n\n".join(parts)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table of rows that may differ in their columns."""
    flat = [_flat(row) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    lines = ["| " + " | ".join(columns) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
    lines += ["| " + " | ".join(_cell(row.get(name, "")) for name in columns) + " |" for row in flat]
    return "\n".join(lines)


def _rows(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, Mapping) and value and all(isinstance(row, Mapping) for row in value.values()):
        return [{"": name, **row} for name, row in value.items()]
    if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        return value
    return []


def _flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        whole = f"{before} {_name(name)}".strip()
        flat |= _flat(value, whole) if isinstance(value, Mapping) else {whole: value}
    return flat


def _single(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _name(key: str) -> str:
    return key.replace("_", " ")


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)

"""Numbers in JSON that a script can read: a script holds each number as a float, which is exact up to 2**53 alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_EXACT = 2**53


def exact(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with each integer that a script would round written as text; the tools take either form."""
    return {name: _exact(value) for name, value in values.items()}


def _exact(value: Any) -> Any:
    if isinstance(value, Mapping):
        return exact(value)
    if isinstance(value, list):
        return [_exact(each) for each in value]
    return str(value) if isinstance(value, int) and abs(value) >= _EXACT else value

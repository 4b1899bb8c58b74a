"""Where in a TOML text something stands; the standard parser tells lines only for broken syntax."""

from __future__ import annotations

import re

_HEAD = re.compile(r"^\s*\[\[\s*(\w+)\s*\]\]")


def line_of(text: str, key: str, index: int | None = None, table: str = "model") -> int:
    """The line (from 1) of `key` in the `index`-th [[table]] (from 0), else of that entry's head."""
    entry, head, inside = -1, 1, False
    setting = re.compile(rf"^\s*(\[\s*{table}\.)?[\"']?{re.escape(key)}[\"']?\s*[=\].]") if key else None
    for number, line in enumerate(text.splitlines(), 1):
        if found := _HEAD.match(line):
            inside = found[1] == table
            entry += inside
            if inside and entry == index:
                head = number
        elif setting is not None and setting.match(line) and (index is None or (inside and index == entry)):
            return number
    return head

"""Where in a TOML text something stands; the standard parser tells lines only for broken syntax."""

from __future__ import annotations

import re

_ENTRY = re.compile(r"^\s*\[\[\s*model\s*\]\]")


def line_of(text: str, key: str, index: int | None = None) -> int:
    """The line (from 1) of `key` in the `index`-th [[model]] (from 0), else of that entry's head."""
    entry, head = -1, 1
    setting = re.compile(rf"^\s*(\[\s*model\.)?[\"']?{re.escape(key)}[\"']?\s*[=\].]") if key else None
    for number, line in enumerate(text.splitlines(), 1):
        if _ENTRY.match(line):
            entry += 1
            if entry == index:
                head = number
        elif setting is not None and setting.match(line) and index in (None, entry):
            return number
    return head

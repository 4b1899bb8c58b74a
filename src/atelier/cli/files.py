"""Files that a command writes: named after what was asked for, and there whole or not at all."""

from __future__ import annotations

import re
from pathlib import Path

from atelier.base.text import file_words


def path_of(folder: Path, title: str, job: str, position: int, content_type: str) -> Path:
    """Where one file of a job goes; `job` is its id in hex."""
    ending = {"image/jpeg": "jpg"}.get(content_type, re.sub(r"[^a-z0-9]", "", content_type.partition("/")[2])[:10])
    return folder / f"{file_words(title, 40) or 'made'}-{job[-6:]}-{position + 1}.{ending}"

"""Files that a command writes: named after what was asked for, and there whole or not at all."""

from __future__ import annotations

import re
from pathlib import Path


def path_of(folder: Path, title: str, job: str, position: int, content_type: str) -> Path:
    """Where one file of a job goes; `job` is its id in hex."""
    ending = {"image/jpeg": "jpg"}.get(content_type, re.sub(r"[^a-z0-9]", "", content_type.partition("/")[2])[:10])
    return folder / f"{_slug(title)}-{job[-6:]}-{position + 1}.{ending}"


def write_whole(path: Path, content: bytes) -> None:
    """Write it so that nobody ever sees half of it."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or "made"

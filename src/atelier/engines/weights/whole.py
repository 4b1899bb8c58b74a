"""Whether a model's weights lie whole in their folder; without any library that would use them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

SUMS = "SHA256SUMS"  # a line for each file, as sha256sum writes them
LICENCE = "LICENCE"  # the licence by its name, as the manifest gives it
INDEX = "model_index.json"  # what a folder of diffusers begins with
HASHED = 200_000_000  # bytes of a folder up to which every file is read and compared; of larger ones only the sizes

GUIDE = "docs/guide/models-that-run-here.md"

_known: dict[tuple[Path, int, int], str] = {}  # digests of files that have not changed since


def recorded(folder: Path) -> str | None:
    """The licence that was written beside fetched weights; None where there is none."""
    try:
        return (folder / LICENCE).read_text().strip()[:200] or None
    except (OSError, UnicodeDecodeError):
        return None


def lack(folder: Path) -> str | None:
    """What is missing or damaged in a folder of weights, and what mends it, as two sentences; None if it is whole."""
    what = _lack(folder)
    return f"{what}. {_remedy(folder)}" if what else None


def _lack(folder: Path) -> str | None:
    name = "/".join(folder.parts[-2:])
    if not (folder / INDEX).is_file():
        return f"{name}/{INDEX} is missing" if folder.is_dir() else f"The folder {name} is missing"
    try:
        named = _sums(folder)
        missing = [part for part in named or _parts(folder) if not _there(folder / part)]
        if missing:
            return f"{name}/{missing[0]} is missing"
        if sum((folder / part).stat().st_size for part in named) <= HASHED:
            for part, digest in named.items():
                if _digest(folder / part) != digest:
                    return f"{name}/{part} is damaged"
    except (OSError, ValueError, IndexError, AttributeError) as error:
        return f"{name} cannot be read ({error})"
    return None


def _remedy(folder: Path) -> str:
    """The command that brings weights back which came with the clone; others were brought by the operator."""
    clone = next((parent for parent in folder.absolute().parents if (parent / ".git").exists()), None)
    if clone:
        command = f"`git checkout -- {folder.absolute().relative_to(clone)}` brings it back"
        if folder.is_dir():
            return f"{command}."
        return f"If this release came with it, {command}; if not, {GUIDE} says what to put there."
    return "Put its files back from where they came."


def _there(path: Path) -> bool:
    """Whether a file lies there, or a folder with something in it."""
    return any(path.iterdir()) if path.is_dir() else path.is_file()


def _sums(folder: Path) -> dict[str, str]:
    """The digest of each file that the folder's list names; empty where there is no list."""
    if not (folder / SUMS).is_file():
        return {}
    pairs = (line.split(maxsplit=1) for line in (folder / SUMS).read_text().splitlines() if line.strip())
    return {name.lstrip("*"): digest for digest, name in pairs}


def _parts(folder: Path) -> list[str]:
    """The subfolders that the index names."""
    index = json.loads((folder / INDEX).read_text())
    return [name for name, what in index.items() if isinstance(what, list) and what[0] is not None]


def _digest(path: Path) -> str:
    found = path.stat()
    key = (path, found.st_size, found.st_mtime_ns)
    if key not in _known:
        with path.open("rb") as file:
            _known[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _known[key]

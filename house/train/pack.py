"""A trained model as a few files of at most 15 MiB, for ways that take no larger ones, and back."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

PIECE = 15 * 2**20
NAMES = ["model", "judge", "likeness/0", "recipe.json", "figures.json", "answers.jsonl", "README.md"]


def pack(folder: Path, target: Path) -> list[Path]:
    """Write `house.tar.00`, `house.tar.01` … of all that is worth keeping: no checkpoints, no latents."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for name in [*NAMES, *sorted(path.name for path in folder.glob("sheet_*.png"))]:
            if (folder / name).exists():
                tar.add(folder / name, name)
    whole = buffer.getvalue()
    target.mkdir(parents=True, exist_ok=True)
    pieces = []
    for number, start in enumerate(range(0, len(whole), PIECE)):
        pieces.append(target / f"house.tar.{number:02}")
        pieces[-1].write_bytes(whole[start : start + PIECE])
    return pieces


def unpack(source: Path, folder: Path) -> None:
    """Put the pieces of a folder together again."""
    whole = b"".join(piece.read_bytes() for piece in sorted(source.glob("house.tar.*")))
    with tarfile.open(fileobj=io.BytesIO(whole), mode="r:gz") as tar:
        tar.extractall(folder, filter="data")

"""The archive of a backup: its entries, its manifest, and the proof that it is whole."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from pydantic import BaseModel, ValidationError

from atelier.base.errors import AtelierError
from atelier.base.whole import PARTIAL

FORMAT = 1
CHUNK = 1 << 20
MANIFEST = "manifest.json"
DATABASE = "database.dump"
CATALOG = "catalog.toml"
FILES = "files/"


class BadArchive(AtelierError):
    """The archive is not a whole backup of a studio; the message says what is wrong with it."""

    code = "bad_archive"
    status = 422


class Entry(BaseModel):
    """One file of the archive."""

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What an archive holds, and what made it."""

    format: int
    release: str
    migration: str
    owner: str
    made_at: str
    entries: dict[str, Entry]

    @property
    def files(self) -> int:
        return sum(name.startswith(FILES) for name in self.entries)

    @property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.entries.values())


def read_manifest(path: Path) -> Manifest:
    """The manifest of an archive; `BadArchive` if there is none, or if it is of a kind that we don't know."""
    if path.name.endswith(PARTIAL):
        raise BadArchive(f"{path} is what a backup left that was killed before it was whole. Use another backup.")
    try:
        with tarfile.open(path, "r:") as tar:
            found = tar.extractfile(MANIFEST)
            assert found is not None
            manifest = Manifest.model_validate(json.load(found))
    except FileNotFoundError:
        raise BadArchive(f"There is no {path}.") from None
    except OSError as error:
        raise BadArchive(f"{path} cannot be read: {error.strerror}.") from error
    except (tarfile.TarError, KeyError, AssertionError, ValueError, ValidationError) as error:
        raise BadArchive(f"{path} is no backup of a studio, or was cut short: it has no manifest.") from error
    if manifest.format != FORMAT:
        raise BadArchive(
            f"{path} was made by a newer release (its format is {manifest.format}). Use that to restore it."
        )
    return manifest


def entries(path: Path, manifest: Manifest) -> Iterator[tuple[str, IO[bytes], Entry]]:
    """Each entry with what reads it, in the archive's order; all that the manifest names must be there."""
    missing = set(manifest.entries)
    with tarfile.open(path, "r:") as tar:
        for member in tar:
            if member.name == MANIFEST:
                continue
            expected = manifest.entries.get(member.name)
            content = tar.extractfile(member) if member.isreg() else None
            if expected is None or content is None or not _harmless(member.name):
                raise BadArchive(f"{path} holds {member.name!r}, which its manifest doesn't name.")
            missing.discard(member.name)
            yield member.name, content, expected
    if missing:
        raise BadArchive(f"{path} lacks {len(missing)} of its files, {min(missing)} among them.")


def checked(name: str, content: IO[bytes], expected: Entry) -> Iterator[bytes]:
    """The entry's bytes in chunks; after the last, `BadArchive` if they were not what was written."""
    digest, size = hashlib.sha256(), 0
    while chunk := content.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    if (size, digest.hexdigest()) != (expected.bytes, expected.sha256):
        raise BadArchive(f"{name} in the archive is damaged: its checksum is another.")


def _harmless(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts

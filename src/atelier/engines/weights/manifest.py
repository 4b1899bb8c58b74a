"""A manifest names each file of a model with its SHA-256, size and several sources. The hash is trusted, no source is.

```toml
name = "voice"
licence = "Apache-2.0"
summary = "What it is for, in a sentence."

[[file]]
path = "model.safetensors"
sha256 = "…"                # of the whole file
bytes = 92361116
sources = ["hub:owner/name@COMMIT/model.safetensors", "package:a-package==1.0/inside/it.onnx", "folder:/srv/weights/x"]
```

A source that is a list of sources is a file in parts, joined in that order.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from atelier.base.errors import AtelierError

KNOWN = Path(__file__).with_name("known")  # those of this release
# formats that can hold a program, which runs when the file is opened
UNSAFE = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".dill", ".npy", ".h5", ".keras"})
_SOURCE = re.compile(
    r"""hub:[\w.-]+/[\w.-]+@[0-9a-f]{40}/[^\s]+      # a model hub's repository at one commit
      | package:[\w.-]+==[\w.!+]+/[^\s]+            # a file inside a Python package
      | folder:[^\n]+ | https?://[^\s]+""",
    re.VERBOSE,
)

Source = str | list[str]


class BadManifest(AtelierError):
    """A manifest that cannot be used; each fault has its place."""

    code = "bad_manifest"
    status = 422


class File(BaseModel):
    """One file of a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(ge=1, le=2 << 40)]
    sources: Annotated[list[Source], Field(min_length=1, max_length=20)]

    @field_validator("path")
    @classmethod
    def _inside(cls, path: str) -> str:
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts or not parts.parts or "\\" in path or path.startswith("."):
            raise ValueError("is a path inside the model's folder, as transformer/model.safetensors")
        if parts.suffix.lower() in UNSAFE:
            raise ValueError(f"{parts.suffix} files can hold programs; weights are taken as safetensors, ONNX or GGUF")
        return path

    @field_validator("sources")
    @classmethod
    def _known(cls, sources: list[Source]) -> list[Source]:
        for each in sources:
            for one in [each] if isinstance(each, str) else each:
                if not _SOURCE.fullmatch(one):
                    raise ValueError(
                        f"{one[:80]!r} is no source: write hub:owner/name@COMMIT/path, package:name==version/path,"
                        " folder:/path or https://…"
                    )
        return sources


class Manifest(BaseModel):
    """A model's weights: what they are called, their licence and their files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
    licence: Annotated[str, Field(min_length=1, max_length=200)]
    summary: Annotated[str, Field(max_length=300)] = ""
    file: Annotated[list[File], Field(min_length=1, max_length=2000)]

    @field_validator("file")
    @classmethod
    def _once(cls, files: list[File]) -> list[File]:
        paths = [each.path for each in files]
        if twice := next((path for path in paths if paths.count(path) > 1), None):
            raise ValueError(f"{twice} is named twice")
        return files

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(each.bytes for each in self.file)


def read(path: Path) -> Manifest:
    """The manifest in a file; raises `BadManifest` with each fault."""
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadManifest(f"{path.name} cannot be read: {error}") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise BadManifest(f"{path.name}: " + "; ".join(faults)) from error


def known(folders: Iterable[Path]) -> dict[str, Manifest]:
    """The manifests of this release and those in `folders`, by their names; a later one replaces an earlier."""
    found: dict[str, Manifest] = {}
    for folder in (KNOWN, *folders):
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            manifest = read(path)
            found[manifest.name] = manifest
    return found

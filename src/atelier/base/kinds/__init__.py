"""What a file can hold: one file for each kind in this folder, with all that the studio needs to know about it.

A later kind is one more file here and its template in `assets/templates/assets/kinds/`.
"""

import pkgutil
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from atelier.base.kinds.audio import AUDIO
from atelier.base.kinds.file import FILE
from atelier.base.kinds.image import IMAGE
from atelier.base.kinds.kind import Kind
from atelier.base.kinds.model import MODEL
from atelier.base.kinds.text import TEXT
from atelier.base.kinds.video import VIDEO

__all__ = [
    "AUDIO",
    "FILE",
    "IMAGE",
    "MODEL",
    "TEXT",
    "VIDEO",
    "Kind",
    "KindId",
    "extension",
    "find",
    "kind_of",
    "kinds",
    "recognise",
]


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of this release by its id, in the order in which lists show them."""
    modules = (import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))
    found = [each for module in modules for each in vars(module).values() if isinstance(each, Kind)]
    return {kind.id: kind for kind in sorted(found, key=lambda kind: kind.rank)}


def find(kind_id: str) -> Kind:
    """The kind of that id; a row may be older or newer than this release, so an unknown one is some other file."""
    return kinds().get(kind_id, FILE)


def kind_of(content_type: str) -> Kind:
    """What a stored file of that type holds."""
    return next((kind for kind in kinds().values() if content_type in kind.types), FILE)


def extension(content_type: str) -> str:
    """How the name of a stored file of that type ends, without the dot."""
    return kind_of(content_type).types.get(content_type, "bin")


def recognise(head: bytes, name: str = "") -> tuple[Kind, str] | None:
    """The kind of an upload and the content type that it will have, by its first bytes and the end of its name."""
    ending = name.rpartition(".")[2].lower()
    for kind in kinds().values():
        for content_type, mark in kind.marks.items():
            if re.match(mark, head, re.DOTALL) and (not kind.names or ending in kind.names):
                return kind, content_type
    for kind in kinds().values():
        if ending in kind.names:
            return kind, kind.names[ending]
    return None


def _known(kind_id: str) -> str:
    if kind_id not in kinds():
        raise ValueError(f"must be one of {', '.join(kinds())}")
    return kind_id


# a kind's id in the API
KindId = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(kinds())})]

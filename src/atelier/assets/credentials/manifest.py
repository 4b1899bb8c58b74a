"""What the studio states about a picture: that it was created, or from what it was edited, by which model.

Actions, relationships and sources are those of C2PA 2.2, sections 18.15 and 10.3. The words that a member wrote are not
part of the statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier import __version__
from atelier.assets.credentials.identity import Identity
from atelier.base.source_type import SourceType

_SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"  # IPTC NewsCodes, "Digital Source Type"


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A file that another was made from; the first one of a statement is what was edited."""

    path: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file is from, and who signs that it is."""

    identity: Identity
    source: SourceType
    model: str
    ingredients: Sequence[Ingredient] = ()

    @property
    def stated(self) -> dict[str, Any]:
        """What the child that signs is given: {"manifest", "ingredients", "then", "certificates", "algorithm"}."""
        stated = statement(self.source, self.model, self.ingredients)
        return {**stated, "then": "c2pa.edited.metadata", **_signed_by(self.identity)}


def brought(identity: Identity) -> dict[str, Any]:
    """The same for a file from outside, which is signed only where it has credentials of its own to keep."""
    return {**statement(SourceType.EDITED, ""), "then": "c2pa.transcoded", **_signed_by(identity)}


def _signed_by(identity: Identity) -> dict[str, str]:
    return {"certificates": identity.certificates, "algorithm": identity.algorithm}


def statement(source: SourceType, model: str, ingredients: Sequence[Ingredient] = ()) -> Mapping[str, Any]:
    """A manifest definition as c2pa-rs reads it, for a picture made by `model` and perhaps from others.

    `{"manifest", "ingredients"}`: each ingredient is `{"title", "relationship", "instance_id", "format"}`.
    """
    ids = [f"xmp:iid:{at}" for at in range(len(ingredients))]
    agent = {"name": model} if model else {"name": "Atelier"}
    created = {"action": "c2pa.created", "softwareAgent": agent, "digitalSourceType": _SOURCES + source}
    edited: dict[str, Any] = {
        "action": "c2pa.edited",
        "softwareAgent": agent,
        "digitalSourceType": _SOURCES + source.of_edit,
    }
    if ids[1:]:
        edited["parameters"] = {"ingredientIds": ids[1:]}
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ids[:1]}}
    return {
        "manifest": {
            "claim_generator_info": [{"name": "Atelier", "version": __version__}],
            "assertions": [
                {"label": "c2pa.actions.v2", "data": {"actions": [opened, edited] if ids else [created]}},
            ],
        },
        "ingredients": [
            {
                "title": "picture",
                "relationship": "inputTo" if at else "parentOf",
                "instance_id": id,
                "format": each.content_type,
            }
            for at, (id, each) in enumerate(zip(ids, ingredients, strict=True))
        ],
    }

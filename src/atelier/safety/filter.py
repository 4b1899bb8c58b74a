"""What a filter is: it judges words before anything is charged, or files before they are kept."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Protocol, runtime_checkable
from uuid import UUID

CLEAR = 0.8  # the score of clear cases


class Action(StrEnum):
    """What happens to what a filter finds."""

    OFF = "off"
    BLUR = "blur"  # kept, and covered until its owner uncovers it
    REFUSE = "refuse"  # not made or not kept; the credits come back


@dataclass(frozen=True, slots=True)
class Rule:
    """The operator's word on a filter. `threshold` is the score from which it counts; `words` are the filter's own."""

    action: Action = Action.OFF
    threshold: float = CLEAR
    words: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a filter finds what it needs: the folder of weights."""

    weights: Path = field(default_factory=Path)


@runtime_checkable
class WordFilter(Protocol):
    """Judges words that a member wrote."""

    id: str
    title: str
    actions: tuple[Action, ...]

    def found(self, rule: Rule, text: str) -> str | None:
        """What in `text` the rule does not allow, as it was written; None where all of it may stay."""
        ...


@runtime_checkable
class PictureFilter(Protocol):
    """Judges pictures that were made, by a score from 0 to 1."""

    id: str
    title: str
    actions: tuple[Action, ...]

    def lack(self, place: Place) -> str | None:
        """Why it cannot work here, and what mends it; None if it can."""
        ...

    async def score(self, place: Place, owner: UUID, file: Path) -> float:
        """How likely the picture is what the filter looks for. Opens it in a process of its own; raises `Refused`."""
        ...


Filter = WordFilter | PictureFilter


@cache
def filters() -> Mapping[str, Filter]:
    """Every filter by its id, in the order in which they judge."""
    package = import_module("atelier.safety.filters")
    modules = (import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__))
    return {module.FILTER.id: module.FILTER for module in modules}

"""What a family of models says of itself: its pipelines of diffusers, and how they want to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

LONGEST_TEXT = 512  # tokens
NEGATIVE = 2.0  # the guidance with which a negative prompt begins to work, where less was asked for


class Task(StrEnum):
    """What a pipeline does."""

    WORDS = "words"  # a picture from words
    REDRAW = "redraw"  # from words and a picture that it begins with
    EDIT = "edit"  # a picture changed by an instruction
    REPAINT = "repaint"  # a part of a picture painted anew, inside it or beyond its borders


class Family:
    """A family; a subclass states what differs."""

    id: ClassVar[str]
    pipelines: ClassVar[Mapping[Task, str]]  # diffusers' class for each task; the first one opens the weights
    references: ClassVar[int] = 0  # further pictures that an edit can look at
    longest_text: ClassVar[int] = LONGEST_TEXT

    def extras(self, tool: str) -> frozenset[str]:
        """The fields of a tool that not every family can use, and this one can."""
        found = {"adapter"}  # diffusers puts adapters on the transformers of all of them
        if tool == "image.generate":
            return frozenset(found | ({"image", "strength"} if Task.REDRAW in self.pipelines else set()))
        found |= {"mask", "extend", "strength"} if Task.REPAINT in self.pipelines else set()
        return frozenset(found | ({"references"} if self.references and Task.EDIT in self.pipelines else set()))

    def guidance(self, pipe: Any, wanted: float, negative: str) -> dict[str, Any]:
        """The pipeline's arguments for the tool's guidance and for what must not be in the picture."""
        raise NotImplementedError

    def pictures(self, task: Task, seen: list[Any]) -> dict[str, Any]:
        """The pipeline's arguments for the pictures that an edit looks at, the one to change first."""
        return {"image": seen[0]}

    def latents(self, pipe: Any, packed: Any, size: tuple[int, int]) -> Any | None:
        """Latents as the autoencoder decodes them, (1, channels, rows, columns); None where none are shown."""
        return None


def read_twice(wanted: float, negative: str, *, blank: str = "") -> dict[str, Any]:
    """Guidance as most models know it: with the words and without them, going further from the second to the first."""
    scale = max(wanted, NEGATIVE) if negative else wanted
    return {"negative_prompt": negative or blank, "true_cfg_scale": scale} if scale > 1 else {"true_cfg_scale": 1.0}

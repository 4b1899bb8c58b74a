"""How a model wants to be asked: the length of its text and the sizes of its pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from atelier.tools.image_generate import SIZES

FILE = "recipe.json"  # written beside the weights by whoever trained them; others have none
LONGEST_TEXT = 512
GRID = 16  # pixels: one token of the transformer
NEAR = 0.06  # how far a trained shape may be from the wanted one, as a share


@dataclass(frozen=True, slots=True)
class Recipe:
    """`text_length` in tokens; `shapes` are the (width, height) in pixels that the model was trained with."""

    text_length: int
    shapes: tuple[tuple[int, int], ...]

    def size(self, across: float, down: float, *, trained: bool = False) -> tuple[int, int]:
        """The (width, height) for a ratio: a trained shape if one is near, else one of the same area on the grid.

        With `trained` the nearest trained shape, however far it is.
        """
        ratio = across / down
        nearest = min(self.shapes, key=lambda shape: _apart(shape[0] / shape[1], ratio))
        if trained or _apart(nearest[0] / nearest[1], ratio) <= 1 + NEAR:
            return nearest
        area = max(width * height for width, height in self.shapes)
        width = (area * ratio) ** 0.5
        return _on_grid(width), _on_grid(width / ratio)


def read(folder: Path, longest: int = LONGEST_TEXT) -> Recipe:
    """The recipe beside the weights; without one, the tokenizer's length and the studio's own sizes."""
    values = json.loads((folder / FILE).read_text()) if (folder / FILE).is_file() else {}
    shapes = [(int(width), int(height)) for width, height in values.get("shapes", {}).values()]
    return Recipe(
        text_length=min(int(values.get("text_length", longest)), LONGEST_TEXT),
        shapes=tuple(shapes or SIZES.values()),
    )


def _apart(one: float, other: float) -> float:
    return max(one / other, other / one)


def _on_grid(pixels: float) -> int:
    return max(GRID, round(pixels / GRID) * GRID)

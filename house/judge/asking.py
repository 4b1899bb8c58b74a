"""What the model is asked to do: numbered questions that are the same on every machine."""

from __future__ import annotations

import random

from house.world import Edit, Person, caption, draw_edit, person, sample
from house.world.fields import SHAPES, Attributes

SEED = 20_26
FIRST_PERSON = 9_000_000  # no training picture shows these people


def _shape(batch: int) -> str:
    return ["square", "tall", "square", "wide"][batch % 4] if len(SHAPES) > 1 else "square"


def prompts(batch: int, size: int) -> tuple[str, list[Attributes], list[str]]:
    """Held-out combinations of scenes and people in turn, with captions that name all that can be seen."""
    rng = random.Random(f"{SEED} prompts {batch}")
    facts = [sample(rng, ["scene", "person"][k % 2], held=True) for k in range(size)]
    return _shape(batch), facts, [caption(a, rng, every=True).text for a in facts]


def wishes(batch: int, size: int) -> tuple[str, list[Edit]]:
    """Edits towards held-out combinations."""
    rng, shape = random.Random(f"{SEED} wishes {batch}"), _shape(batch)
    return shape, [draw_edit(rng, held=True, shape=shape) for _ in range(size)]


def who(number: int) -> Person:
    """A person to learn from photos."""
    return person(FIRST_PERSON + number)


def looks(number: int, batch: int, size: int, name: str) -> tuple[list[Attributes], list[str]]:
    """That person in new clothes and places, with captions that use only the name."""
    rng, known = random.Random(f"{SEED} looks {number} {batch}"), who(number)
    facts = [known.outfit(rng, hats=0.0) for _ in range(size)]
    return facts, [caption(a, rng, name=name, every=True).text for a in facts]

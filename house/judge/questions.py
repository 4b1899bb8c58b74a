"""What the judge is asked: the attributes that a picture shows, as class numbers."""

from __future__ import annotations

from collections.abc import Sequence

from house.world.fields import FIELDS, Attributes
from house.world.rules import visible

ASKED = list(FIELDS)
NOTHING = -100  # the class number of what cannot be seen


def answers(facts: Sequence[Attributes]) -> dict[str, list[int]]:
    """The right answer of each picture for each attribute."""
    return {
        name: [FIELDS[name].index(a[name]) if name in a and visible(a, name) else NOTHING for a in facts]
        for name in ASKED
    }

"""Edit pairs: the same picture twice, with one attribute changed and the words that ask for it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from house.world.fields import FIELDS, SHAPES, Attributes
from house.world.paint import Picture, paint
from house.world.rules import differs, held_out, tidy, visible
from house.world.sample import sample, sample_shape
from house.world.wishes import EDITABLE, wish


@dataclass(frozen=True)
class Edit:
    """One wish: the attributes before and after, the fields it names, and what both pictures share."""

    before: Attributes
    after: Attributes
    fields: tuple[str, ...]
    wish: str
    seed: int
    shape: str

    def paint(self, size: tuple[int, int] | None = None) -> tuple[Picture, Picture]:
        """Both pictures, at another size than their shape's if one is given."""
        size = size or SHAPES[self.shape]
        return paint(self.before, self.seed, size=size), paint(self.after, self.seed, size=size)


def draw_edit(rng: random.Random, *, held: bool | None = False, shape: str | None = None) -> Edit:
    """A random edit; `held` as in `sample`, for the picture that is asked for."""
    while True:
        before = sample(rng, held=None if held else held)
        field = rng.choice(EDITABLE[before["kind"]])
        after = dict(before)
        after[field] = rng.choice(FIELDS[field])
        if field == "hat" and before["hat"] == "none":
            after["hat_colour"] = rng.choice(FIELDS["hat_colour"])
        after = tidy(after)
        changed = differs(before, after)
        if not _one_wish(field, changed) or not (visible(after, field) or visible(before, field)):
            continue
        if held is None or held_out(after) == held:
            words = wish(before, after, field, rng)
            return Edit(before, after, tuple(changed), words, rng.getrandbits(31), shape or sample_shape(rng))


def draw_two(rng: random.Random, kind: str | None = None, field: str | None = None) -> tuple[Attributes, Attributes]:
    """What two pictures show that differ in one attribute, whichever it is or the given one, and where it is seen."""
    while True:
        before = sample(rng, kind)
        name = field or rng.choice([name for name in before if name != "kind"])
        after = tidy(before | {name: rng.choice(FIELDS[name])})
        seen = visible(before, name) or visible(after, name)
        if seen and _one_wish(name, differs(before, after)) and not held_out(after):
            return before, after


def _one_wish(field: str, changed: list[str]) -> bool:
    """A hat comes and goes with its colour; everything else changes alone."""
    return changed == [field] or (field == "hat" and "hat" in changed and set(changed) <= {"hat", "hat_colour"})

"""What the transformer reads at each step: which latents, and fresh words for them, written by worker processes."""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from house.judge.questions import NOTHING
from house.train.painting import NAMES, decode
from house.train.recipe import Recipe
from house.train.texts import Writer
from house.train.weighing import SLOW
from house.world import caption
from house.world.fields import Attributes
from house.world.rules import differs, fields_of, visible
from house.world.wishes import wish

KIND = NAMES.index("kind")
SHARES = {"square": 0.5, "tall": 0.25, "wide": 0.25}
STOCKS = ("pictures", "pairs", "shown")
Lesson = tuple[str, str, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
Said = tuple[str, Any]  # words, and class numbers of what they ask for


def asked_of(codes: Any, named: Collection[str] | None = None) -> Any:
    """Class numbers of the attributes that are named, or of all that can be seen; `NOTHING` elsewhere."""
    named = ["kind", *fields_of(decode(codes))] if named is None else named
    return np.where([name in named for name in NAMES], codes.astype(np.int64), NOTHING)


SILENCE: Said = ("", np.full(len(NAMES), NOTHING))


class Lessons(Dataset[Any]):
    """Step by step: a shape, a stock (pictures, edit pairs or twins), rows to pick from it, token numbers of its words,
    and class numbers of what these ask for.

    `codes` are the stocks' by their name and shape. Of twins, all the first ones' words come before the second ones'.
    """

    def __init__(self, recipe: Recipe, writer: Writer, codes: dict[str, dict[str, Any]], batch: int) -> None:
        self.recipe, self.writer, self.codes, self.batch = recipe, writer, codes, batch
        self.by_kind = {
            (stock, shape): [self._often(stock, known, k) for k in (0, 1)]
            for stock in ("pictures", "shown")
            for shape, known in codes[stock].items()
        }

    def _often(self, stock: str, codes: Any, kind: int) -> Any:
        """The rows of a kind to choose from; twins that differ in what is learned last are there more often."""
        if stock == "pictures":
            return np.flatnonzero(codes[:, KIND] == kind)
        slow = (codes[0] != codes[1])[:, [NAMES.index(name) for name in SLOW]].any(1)
        return np.repeat(np.arange(len(slow)), np.where(slow, self.recipe.slow_twins, 1) * (codes[0][:, KIND] == kind))

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, step: int) -> Lesson:
        rng = random.Random(f"{self.recipe.seed} lesson {step}")
        shape = rng.choices(list(SHARES), list(SHARES.values()))[0]
        edit = rng.random() < self.recipe.edit_share
        stock = "pairs" if edit else "shown" if rng.random() < self.recipe.twins else "pictures"
        words = {"pairs": self._wish, "shown": self._two, "pictures": self._caption}[stock]
        count = self.batch if stock == "pictures" else max(1, self.batch // 2)
        if edit:
            rows = [rng.randrange(self.codes[stock][shape].shape[1]) for _ in range(count)]
        else:
            kinds = self.by_kind[stock, shape]
            rows = [int(rng.choice(kinds[rng.random() < self.recipe.people])) for _ in range(count)]
        said = [words(shape, row, rng) for row in rows]
        said = [each if rng.random() >= self.recipe.drop else [SILENCE] * len(each) for each in said]
        flat = [one for each in zip(*said, strict=True) for one in each]
        right = torch.from_numpy(np.stack([numbers for _, numbers in flat]))
        return shape, stock, torch.tensor(rows), *self.writer.ids([text for text, _ in flat]), right

    def _caption(self, shape: str, row: int, rng: random.Random) -> list[Said]:
        codes = self.codes["pictures"][shape][row]
        said = caption(decode(codes), rng, every=rng.random() < self.recipe.long)
        return [(said.text, asked_of(codes, said.named))]

    def _wish(self, shape: str, row: int, rng: random.Random) -> list[Said]:
        """What is wished for, and as often all that shall be seen, which the reference says."""
        before, after = self._pair("pairs", shape, row)
        changed = [name for name in differs(before, after) if visible(after, name)]
        asked = asked_of(self.codes["pairs"][shape][1, row], rng.choice([changed, None]))
        return [(wish(before, after, _main(before, after), rng), asked)]

    def _two(self, shape: str, row: int, rng: random.Random) -> list[Said]:
        """Twins' captions name in which way they differ, and say the rest in the same words."""
        pair, every, dice = self._pair("shown", shape, row), rng.random() < self.recipe.long, rng.random()
        codes = self.codes["shown"][shape][:, row]
        captions = [caption(a, random.Random(dice), every=every, of=_main(*pair)) for a in pair]
        return [(said.text, asked_of(each, said.named)) for each, said in zip(codes, captions, strict=True)]

    def _pair(self, stock: str, shape: str, row: int) -> tuple[Attributes, Attributes]:
        codes = self.codes[stock][shape]
        return decode(codes[0, row]), decode(codes[1, row])


def _main(before: Attributes, after: Attributes) -> str:
    """In what two pictures differ; a hat comes and goes with its colour."""
    changed = differs(before, after)
    return "hat" if "hat" in changed else changed[0]

"""What the transformer reads at each step: which latents, and fresh words for them, written by worker processes."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from house.train.painting import NAMES, decode
from house.train.recipe import Recipe
from house.train.texts import Writer
from house.world import caption
from house.world.rules import differs
from house.world.wishes import wish

KIND = NAMES.index("kind")
SHARES = {"square": 0.5, "tall": 0.25, "wide": 0.25}


class Lessons(Dataset[Any]):
    """Step by step: a shape, whether it is an edit, rows to pick, and token numbers of their captions."""

    def __init__(
        self, recipe: Recipe, writer: Writer, pictures: dict[str, Any], pairs: dict[str, Any], batch: int
    ) -> None:
        self.recipe, self.writer, self.pictures, self.pairs, self.batch = recipe, writer, pictures, pairs, batch
        self.by_kind = {
            shape: [np.flatnonzero(codes[:, KIND] == k) for k in (0, 1)] for shape, codes in pictures.items()
        }

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, step: int) -> tuple[str, bool, torch.Tensor, torch.Tensor, torch.Tensor]:
        rng = random.Random(f"{self.recipe.seed} lesson {step}")
        shape = rng.choices(list(SHARES), list(SHARES.values()))[0]
        edit = rng.random() < self.recipe.edit_share
        words = self._wish if edit else self._caption
        if edit:
            rows = [rng.randrange(self.pairs[shape].shape[1]) for _ in range(max(1, self.batch // 2))]
        else:
            rows = [int(rng.choice(self.by_kind[shape][rng.random() < self.recipe.people])) for _ in range(self.batch)]
        texts = ["" if rng.random() < self.recipe.drop else words(shape, row, rng) for row in rows]
        return shape, edit, torch.tensor(rows), *self.writer.ids(texts)

    def _caption(self, shape: str, row: int, rng: random.Random) -> str:
        return caption(decode(self.pictures[shape][row]), rng, every=rng.random() < self.recipe.long).text

    def _wish(self, shape: str, row: int, rng: random.Random) -> str:
        before, after = decode(self.pairs[shape][0, row]), decode(self.pairs[shape][1, row])
        changed = differs(before, after)
        return wish(before, after, "hat" if "hat" in changed else changed[0], rng)

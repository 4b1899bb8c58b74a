"""Batches painted by worker processes while the device trains; each batch depends on its number alone."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from house.train.recipe import Recipe
from house.world import Person, draw_edit, draw_two, paint, person, sample
from house.world.fields import FIELDS, Attributes

NAMES = list(FIELDS)
NOTHING = 255  # the code of an attribute that this kind of picture lacks


def encode(a: Attributes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Attributes as one small number each."""
    return np.array([FIELDS[name].index(a[name]) if name in a else NOTHING for name in NAMES], np.uint8)


def decode(codes: np.ndarray[Any, np.dtype[np.uint8]]) -> Attributes:
    return {name: FIELDS[name][code] for name, code in zip(NAMES, codes.tolist(), strict=True) if code != NOTHING}


def shape_of(recipe: Recipe, number: int) -> str:
    """Which shape batch `number` has: every second is square."""
    return ["square", "tall", "square", "wide"][number % 4] if len(recipe.shapes) > 1 else next(iter(recipe.shapes))


class Crops(Dataset[Any]):
    """Random squares out of pictures, for the autoencoder."""

    def __init__(self, recipe: Recipe, seed: int, whole: bool) -> None:
        self.recipe, self.seed, self.whole = recipe, seed, whole

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, number: int) -> torch.Tensor:
        rng, side, out = random.Random(f"{self.seed} crops {number}"), self.recipe.ae_crop, []
        for _ in range(self.recipe.ae_wholes if self.whole else self.recipe.ae_pictures):
            shape = "square" if self.whole else rng.choice(list(self.recipe.shapes))
            picture = paint(sample(rng), rng.getrandbits(31), size=self.recipe.shapes[shape])
            if self.whole:
                out.append(picture)
                continue
            for _ in range(self.recipe.ae_crops):
                y, x = rng.randint(0, picture.shape[0] - side), rng.randint(0, picture.shape[1] - side)
                out.append(picture[y : y + side, x : x + side])
        return torch.from_numpy(np.stack(out))


class Pictures(Dataset[Any]):
    """Whole pictures of one shape, with their codes."""

    def __init__(self, recipe: Recipe, seed: int, size: int, held: bool | None = False, *, early: bool = False) -> None:
        self.recipe, self.seed, self.size, self.held, self.early = recipe, seed, size, held, early

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng, shape = random.Random(f"{self.seed} pictures {number}"), shape_of(self.recipe, number)
        facts = [sample(rng, ["scene", "person"][k % 2], self.held) for k in range(self.size)]
        pictures = [paint(a, rng.getrandbits(31), size=self.recipe.size(shape, self.early)) for a in facts]
        return torch.from_numpy(np.stack(pictures)), torch.from_numpy(np.stack([encode(a) for a in facts]))


class Pairs(Dataset[Any]):
    """Edit pairs of one shape: both pictures and both codes."""

    def __init__(self, recipe: Recipe, seed: int, size: int, *, early: bool = False) -> None:
        self.recipe, self.seed, self.size, self.early = recipe, seed, size, early

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures as (2, size, height, width, 3), before and after; codes as (2, size, attributes)."""
        rng, shape = random.Random(f"{self.seed} pairs {number}"), shape_of(self.recipe, number)
        size, pictures, codes = self.recipe.size(shape, self.early), [], []
        for _ in range(self.size):
            before, after, seed = self.draw(rng)
            pictures.append([paint(before, seed, size=size), paint(after, seed, size=size)])
            codes.append([encode(before), encode(after)])
        return torch.from_numpy(np.array(pictures)).transpose(0, 1), torch.from_numpy(np.array(codes)).transpose(0, 1)

    def draw(self, rng: random.Random) -> tuple[Attributes, Attributes, int]:
        """What the two pictures show, and their seed."""
        edit = draw_edit(rng)
        return edit.before, edit.after, edit.seed


class Shown(Pairs):
    """Pairs that differ in one attribute, whether anybody can wish for that or not: where each of them is seen."""

    def draw(self, rng: random.Random) -> tuple[Attributes, Attributes, int]:
        return *draw_two(rng), rng.getrandbits(31)


class Faces(Dataset[Any]):
    """Several pictures of each of several people, half of whom share all their words with another."""

    def __init__(self, recipe: Recipe, seed: int, people: int, each: int) -> None:
        self.recipe, self.seed, self.people, self.each = recipe, seed, people, each

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, number: int) -> torch.Tensor:
        """Pictures as (people x each, height, width, 3), one person after the other."""
        rng, pictures = random.Random(f"{self.seed} faces {number}"), []
        shape, last = shape_of(self.recipe, number), None
        for k in range(self.people):
            who = person(rng.getrandbits(31))
            if last and k % 2:  # a double in words, another face
                who = Person(who.seed, last.attributes, who.face)
            last = who
            for _ in range(self.each):
                a = who.outfit(rng)
                pictures.append(paint(a, rng.getrandbits(31), size=self.recipe.shapes[shape], face=who.face))
        return torch.from_numpy(np.stack(pictures))


class _From:
    """Numbers from a first one on, for batches after a resumed step."""

    def __init__(self, first: int, stop: int) -> None:
        self.first, self.stop = first, stop

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.stop))

    def __len__(self) -> int:
        return self.stop - self.first


def batches(data: Dataset[Any], recipe: Recipe, first: int = 0, stop: int = 10**9) -> Iterator[Any]:
    """Batches `first` to `stop`, in order, painted ahead by the workers."""
    workers = max(0, (os.cpu_count() or 2) - 1) if recipe.workers < 0 else recipe.workers
    options: dict[str, Any] = {"num_workers": workers, "pin_memory": torch.cuda.is_available()}
    if workers:
        options |= {"prefetch_factor": 2, "multiprocessing_context": "fork"}
    yield from DataLoader(data, batch_size=None, sampler=_From(first, stop), **options)


def floats(pictures: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Pictures of 0 to 255, colours last, as floats from -1 to 1, colours first."""
    moved = pictures.to(device, non_blocking=True).movedim(-1, -3)
    return (moved.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)

"""What words mean, for the text encoders alone: which attributes a text names, and their values.

Reading is a small part of the transformer's work and the slowest to learn from pictures: colours are mixed up for long.
Texts cost a hundredth of a picture, so that where pictures are dear the encoders learn to read before there are any.
They read of what is kept from pictures, too: an encoder that never meets a green cap takes its green for another.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as everybody calls it
from torch.utils.data import Dataset

from house.train import checkpoint, texts
from house.train.clock import Clock
from house.train.device import autocast
from house.train.fitting import Trainee
from house.train.muon import Muon
from house.train.painting import NAMES, batches
from house.train.recipe import Recipe
from house.train.texts import Writer
from house.world import caption, draw_edit, sample
from house.world.fields import FIELDS

STAGE = "words"
UNSAID = -100


class Texts(Dataset[Any]):
    """Captions, and wishes among them, as token numbers, with the codes of what they name; `held` as in `sample`."""

    def __init__(self, recipe: Recipe, writer: Writer, seed: int, held: bool | None = None) -> None:
        self.recipe, self.writer, self.seed, self.held = recipe, writer, seed, held

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        rng, said, codes = random.Random(f"{self.seed} words {number}"), [], []
        for _ in range(self.recipe.words_batch):
            if rng.random() < self.recipe.edit_share:
                edit = draw_edit(rng, held=self.held)
                text, named, a = edit.wish, edit.fields, edit.after
            else:
                a = sample(rng, None, self.held)
                text, named = vars(caption(a, rng, every=rng.random() < self.recipe.long)).values()
            said.append(text)
            codes.append([FIELDS[f].index(a[f]) if f in named or f == "kind" else UNSAID for f in NAMES])
        return *self.writer.ids(said), torch.tensor(codes)


class Meaning(nn.Module):
    """What is read from one vector of an encoder: which attributes are named, and a value for each."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.named = nn.Linear(width, len(NAMES))
        self.values = nn.ModuleDict({name: nn.Linear(width, len(FIELDS[name])) for name in NAMES})

    def loss(self, vector: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        total = 4 * F.binary_cross_entropy_with_logits(self.named(vector), (codes >= 0).float())
        for place, name in enumerate(NAMES):
            rows = codes[:, place] >= 0
            if rows.any():
                said = self.values[name](vector[rows])
                total = total + F.cross_entropy(said, codes[rows, place], reduction="sum") / len(codes)
        return total


class Reader(nn.Module):
    """Both encoders, each with its meanings; T5's vector is the mean of its words, which then say whose they are."""

    def __init__(self, writer: Writer, width: int) -> None:
        super().__init__()
        self.writer = writer
        self.clip, self.t5 = writer.clip, writer.t5
        self.one, self.two = Meaning(width), Meaning(width)

    def vectors(self, one: torch.Tensor, two: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        each, whole = self.writer.read(one, two)
        real = (two != self.writer.two.pad_token_id)[..., None]
        return whole.float(), ((each * real).sum(1) / real.sum(1).clamp(min=1)).float()


def optimizers(reader: Reader, recipe: Recipe) -> list[Any]:
    """Muon for the matrices inside the encoders, AdamW for everything else."""
    inside = [
        weight
        for name, weight in [*reader.clip.named_parameters(), *reader.t5.named_parameters()]
        if weight.ndim == 2 and "embed" not in name and "shared" not in name and "relative" not in name
    ]
    known = {id(weight) for weight in inside}
    rest = [weight for weight in reader.parameters() if id(weight) not in known]
    adam = torch.optim.AdamW(rest, recipe.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    return [adam, Muon(inside, recipe.words_muon)]


def train(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Train both encoders until the clock is over; the transformer's training begins with them."""
    reader = Reader(texts.build(recipe, folder), recipe.text_width).to(device).train()
    steppers = optimizers(reader, recipe)
    parts = {"modules": reader.writer.models, "reader": reader, "optimizers": steppers}
    checkpoint.resume(folder, STAGE, clock, parts, device)
    for batch in batches(Texts(recipe, reader.writer, recipe.seed + 11), recipe, clock.step):
        one, two, codes = (part.to(device) for part in batch)
        for stepper, rate in zip(steppers, (recipe.rate, recipe.words_muon), strict=True):
            for group in stepper.param_groups:
                group["lr"] = rate * min(1.0, (clock.step + 1) / 50) * (0.02 + 0.98 * (1 - clock.share))
            stepper.zero_grad()
        with autocast(device, recipe.half):
            whole, mean = reader.vectors(one, two)
        loss = reader.one.loss(whole, codes) + reader.two.loss(mean, codes)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
        clock.step += 1
        if clock.step % 100 == 0:
            print(f"{STAGE}: step {clock.step}, loss {loss.item():.3f}, {clock.spent:.0f} s", flush=True)
        if clock.over():
            break
        checkpoint.keep_up(folder, STAGE, clock, parts)
    checkpoint.save(folder, STAGE, clock, parts)
    right = accuracy(recipe, reader.eval(), device)
    return {**right, "steps": clock.step, "seconds": round(clock.spent)}


@torch.no_grad()
def accuracy(recipe: Recipe, reader: Reader, device: torch.device) -> dict[str, float]:
    """The share of named attributes that are read rightly from texts of held-out combinations, by each encoder."""
    right, asked = torch.zeros(2), 0
    for batch in batches(Texts(recipe, reader.writer, recipe.seed + 12, held=True), recipe, 0, 16):
        one, two, codes = (part.to(device) for part in batch)
        for k, (vector, meaning) in enumerate(zip(reader.vectors(one, two), (reader.one, reader.two), strict=True)):
            for place, name in enumerate(NAMES):
                hits = meaning.values[name](vector).argmax(1) == codes[:, place]
                right[k] += hits.sum().cpu()
        asked += int((codes >= 0).sum())
    return {"clip": round(float(right[0]) / asked, 4), "t5": round(float(right[1]) / asked, 4)}


def recall(recipe: Recipe, folder: Path, learner: Trainee, device: torch.device) -> None:
    """Begin a transformer's training with encoders that can read, where the recipe has them taught."""
    if not recipe.words_minutes:
        return
    if not checkpoint.path(folder, STAGE).exists():
        raise FileNotFoundError(f"{checkpoint.path(folder, STAGE)}: teach the words first")
    kept = torch.load(checkpoint.path(folder, STAGE), map_location=device, weights_only=True)
    for place, state in enumerate(kept["states"]["modules"], start=1):
        learner.modules[place].load_state_dict(state)
        learner.means[place].load_state_dict(state)

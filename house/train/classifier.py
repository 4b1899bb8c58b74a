"""A classifier of noisy latents, which tells the transformer what isn't seen yet in the picture that it expects.

Elsewhere such a one guides a sampler (Dhariwal and Nichol, 2021). Here it is asked while the transformer learns: the
picture that is expected is mixed with noise again, so that nothing contents it but what shows through noise, and what
words ask for and it does not see is a loss of its own, to which a brow counts no less than a wall. The judge that
measures is another network, which sees pixels of other pictures and has no part in this.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as everybody calls it
from torch.utils.data import Dataset

from house.judge.reader import block
from house.train import latents
from house.train.clock import Clock
from house.train.device import autocast
from house.train.lessons import SHARES, STOCKS, asked_of
from house.train.painting import NAMES
from house.train.reading import teach
from house.train.recipe import Recipe
from house.world.fields import FIELDS

STAGE = "classifier"
FILE = f"{STAGE}.safetensors"
NOISE = 0.7  # the most that it reads through: of brows, eyes and mouths it then sees two thirds
CLASSES = [len(FIELDS[name]) for name in NAMES]
ASIDE = 50  # one of so many pictures is kept to measure it
LEVELS = (0.0, 0.4, NOISE)  # shares of noise that it is measured through
EVENLY: Mapping[str, float] = {}
Held = dict[tuple[str, str], tuple[torch.Tensor, Any]]  # latents and codes by stock and shape


def body(channels: int, width: int) -> list[Any]:
    """Convolutions over latents and two channels that say how much of them is noise, down to a quarter of the side."""
    w = width
    layers = [*block(channels + 2, w), *block(w, w), *block(w, 2 * w, 2), *block(2 * w, 2 * w)]
    return [*layers, *block(2 * w, 4 * w, 2), *block(4 * w, 4 * w)]


def through(tokens: torch.Tensor, grid: tuple[int, int], s: torch.Tensor) -> torch.Tensor:
    """What a body reads: tokens (batch, rows x columns, channels x 4) as latents, and their shares of noise."""
    x = latents.unpack(tokens, grid)
    level = torch.stack([s, (torch.pi * s).cos()], 1)[..., None, None].expand(-1, -1, *x.shape[-2:])
    return torch.cat([x, level], 1).contiguous(memory_format=torch.channels_last)


class Classifier(nn.Module):
    """One linear answer for each attribute, from latents mixed with a share of noise."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        layers = [*body(channels, width), nn.Conv2d(4 * width, 32, 1), nn.AdaptiveAvgPool2d(8)]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.1), nn.Linear(32 * 64, 512), nn.SiLU())
        self.head = nn.Linear(512, sum(CLASSES))

    def forward(self, tokens: torch.Tensor, grid: tuple[int, int], s: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Scores (batch, classes) of every attribute, from tokens (batch, rows x columns, channels x 4)."""
        seen = self.body(through(tokens, grid, s))
        scores: tuple[torch.Tensor, ...] = self.head(seen).float().split(CLASSES, 1)
        return scores


def look(model: Any, x: torch.Tensor, grid: tuple[int, int]) -> Any:
    """What it says of tokens through an even share of noise, up to the most."""
    s = NOISE * torch.rand(len(x), device=x.device)
    return model(torch.lerp(x, torch.randn_like(x), s[:, None, None]), grid, s)


def wrong(scores: tuple[torch.Tensor, ...], right: torch.Tensor, harder: Mapping[str, float] = EVENLY) -> torch.Tensor:
    """The mean cross-entropy of what is asked of each picture; `right` is (batch, attributes), -100 where nothing is.

    Pictures count alike, so that whoever asks for one thing gets as much for it as who asks for twelve. An attribute
    that is named in `harder` counts so many times.
    """
    losses = [
        harder.get(name, 1.0) * F.cross_entropy(said, want, reduction="none")
        for name, said, want in zip(NAMES, scores, right.T, strict=True)
    ]
    return torch.stack(losses).sum(0) / (right >= 0).sum(1).clamp_min(1)


def places_are_known(s: torch.Tensor) -> torch.Tensor:
    """How much it may ask where so much is noise: 1 up to .8, nothing from .9 on.

    In more noise a thing's place is open, and what is expected is a little of it in each: asked for more, a transformer
    painted two moons.
    """
    return ((0.9 - s) / 0.1).clamp(0, 1)


class Known(Dataset[Any]):
    """Batches out of all latents with all that can be seen in them: a shape, tokens and class numbers."""

    def __init__(self, recipe: Recipe, held: Held, *, aside: bool = False) -> None:
        self.recipe, self.held, self.aside = recipe, held, aside

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, number: int) -> tuple[str, torch.Tensor, torch.Tensor]:
        rng = random.Random(f"{self.recipe.seed} known {self.aside} {number}")
        shape = rng.choices(list(self.recipe.shapes), [SHARES[shape] for shape in self.recipe.shapes])[0]
        counts = [self.held[name, shape][1][..., 0].size for name in STOCKS]
        tokens, codes = [], []
        for name in rng.choices(STOCKS, counts, k=2 * self.recipe.batch):
            x, known = self.held[name, shape]
            total = known.shape[-2]
            few = max(1, total // ASIDE)
            row = rng.randrange(few) if self.aside else rng.randrange(few, total)
            place = row if name == "pictures" else (rng.randrange(2), row)
            tokens.append(x[place])
            codes.append(asked_of(known[place]))
        return shape, torch.stack(tokens), torch.from_numpy(np.stack(codes))


def load(recipe: Recipe, folder: Path, device: torch.device) -> Any:
    """The one that was trained in `folder`."""
    if not (folder / FILE).exists():
        raise FileNotFoundError(f"{folder / FILE}: train the classifier first")
    model = Classifier(recipe.ae_latent, recipe.class_width)
    model.load_state_dict(load_file(folder / FILE))
    return model.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)


def train(recipe: Recipe, folder: Path, clock: Clock, device: torch.device) -> dict[str, Any]:
    """Train it; its accuracy is of pictures that were kept aside, without noise, through some and through the most."""
    held = {(name, shape): latents.load(folder, name, shape) for name in STOCKS for shape in recipe.shapes}
    model = Classifier(recipe.ae_latent, recipe.class_width).to(device, memory_format=torch.channels_last)

    def loss_of(batch: Any) -> torch.Tensor:
        shape, tokens, right = batch
        with autocast(device, recipe.half):
            scores = look(model, tokens.to(device).float(), recipe.grid(shape))
        return wrong(scores, right.to(device)).mean()

    teach(STAGE, recipe, folder, clock, device, model, loss_of, Known(recipe, held), painters=0)
    save_file({key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}, folder / FILE)
    accuracy = {str(s): _accuracy(model.eval(), Known(recipe, held, aside=True), device, s) for s in LEVELS}
    return {"accuracy": accuracy, "steps": clock.step, "seconds": round(clock.spent)}


@torch.no_grad()
def _accuracy(model: Classifier, known: Known, device: torch.device, level: float) -> dict[str, float]:
    hits: dict[str, list[torch.Tensor]] = {}
    for number in range(12):
        shape, tokens, right = known[number]
        x = tokens.to(device).float()
        s = torch.full((len(x),), level, device=device)
        scores = model(torch.lerp(x, torch.randn_like(x), s[:, None, None]), known.recipe.grid(shape), s)
        for name, said, want in zip(NAMES, scores, right.T, strict=True):
            hits.setdefault(name, []).append((said.argmax(1).cpu() == want)[want >= 0].float())
    return {name: round(float(torch.cat(found).mean()), 3) for name, found in hits.items()}

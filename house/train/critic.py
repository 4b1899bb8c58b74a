"""A critic of latents: it learns to tell painted ones from true ones while the transformer learns to content it.

A squared error is content with the mean of what may be there, which is a blur, and a classifier with whatever reads as
a mouth. A critic finds neither in true pictures (Goodfellow and others, 2014). It answers for every place and looks
through a little noise (as by Sauer and others, 2024). It begins as the classifier's body, which knows what latents
show, and is heeded once it has learned for a while.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from house.train.classifier import Classifier, body, through
from house.train.muon import age

FAINT = 0.52  # the most noise in a picture that it is asked about: in more, what is expected is rightly a blur
NOISE = 0.3  # the most that it looks through
RATE = 1e-3
ROUNDS = 3  # in which it learns from each batch
YOUNG = 450  # rounds after which it is heeded


class Critic(nn.Module):
    """Two scores for each place, of what is near and of what is around: above 0, it takes latents for true ones."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        layers = body(channels, width)
        self.near, self.around = nn.Sequential(*layers[:12]), nn.Sequential(*layers[12:])
        self.heads = nn.ModuleList([nn.Conv2d(2 * width, 1, 1), nn.Conv2d(4 * width, 1, 1)])

    def forward(self, tokens: torch.Tensor, grid: tuple[int, int], s: torch.Tensor) -> list[torch.Tensor]:
        """Scores (batch, places) of tokens (batch, rows x columns, channels x 4), of which `s` becomes noise."""
        near = self.near(through(torch.lerp(tokens, torch.randn_like(tokens), s[:, None, None]), grid, s))
        seen = near, self.around(near)
        return [head(x).float().flatten(1) for head, x in zip(self.heads, seen, strict=True)]

    def take_over(self, known: Classifier) -> None:
        """Begin with what a classifier knows, and keep its norms' means."""
        own = [*self.near, *self.around]
        for layer, theirs in zip(own, known.body, strict=False):
            layer.load_state_dict(theirs.state_dict())
        self.eval()


def build(channels: int, width: int, device: torch.device) -> list[Any]:
    """One that knows nothing, and its optimiser."""
    model = Critic(channels, width).to(device, memory_format=torch.channels_last).eval()
    return [model, torch.optim.AdamW(model.parameters(), RATE, betas=(0.0, 0.99), weight_decay=0.0)]


def learn(critic: list[Any], true: torch.Tensor, made: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
    """A round, in which both are seen through as much noise; the share of places that it told rightly."""
    model, optimizer = critic
    s = (NOISE * torch.rand(len(true), device=true.device)).repeat(2)
    pairs = [scores.chunk(2) for scores in model(torch.cat([true, made]), grid, s)]
    loss = torch.stack([F.softplus(-a).mean() + F.softplus(b).mean() for a, b in pairs]).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return torch.stack([((a > 0).float().mean() + (b < 0).float().mean()) / 2 for a, b in pairs]).mean()


def ask(critic: list[Any], made: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
    """How far from true they look to it; nothing as long as it is young."""
    model, optimizer = critic
    if age(optimizer) < YOUNG:
        return made.new_zeros(())
    model.requires_grad_(False)
    scores = model(made, grid, NOISE * torch.rand(len(made), device=made.device))
    model.requires_grad_(True)
    return torch.stack([F.softplus(-each).mean() for each in scores]).mean()

"""Pictures that the transformer is painting itself while it learns, so that it learns from its own mistakes.

In a picture mixed with noise, what words ask for is there as long as anything can be seen. In one that is being painted
it may be something else by then, and a transformer that never met this keeps what it finds. So it paints, with
guidance, as it will be asked to, and the classifier says what is wrong in what it then expects. (Clark and others,
2024, follow the whole way back from a finished picture; here each share of noise stands alone and needs no more memory
than any step.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch

STEPS = 10
FIRST, LAST = 2, 9  # it is asked from one to the other: with a shift of 1.5, at shares of noise from .86 to .14
EACH = 4  # times that each picture is asked about

Words = tuple[torch.Tensor, torch.Tensor]  # features of every word, and one vector for the whole text
See = Callable[[torch.Tensor, torch.Tensor, Words], torch.Tensor]  # from mixture, noise and words, the way to noise


@dataclass(frozen=True)
class Asked:
    """What is asked of a batch: its shape, true pictures, edits' references (or None), and words with their classes."""

    shape: str
    true: torch.Tensor
    before: torch.Tensor | None
    words: Words
    right: torch.Tensor


@dataclass(frozen=True)
class Painted:
    """Pictures on their way out of noise, `s` of each is still noise; `free` is the way that is seen without words."""

    asked: Asked
    mixture: torch.Tensor
    s: torch.Tensor
    free: torch.Tensor

    def expected(self, told: torch.Tensor, guidance: float) -> torch.Tensor:
        """The pictures that they become as they are painted, with guidance, if words see the way `told`."""
        return self.mixture - self.s[:, None, None] * (self.free + guidance * (told - self.free))


def levels(shift: float) -> torch.Tensor:
    """Shares of noise from 1 to 0, STEPS + 1 of them, as FlowMatchEulerDiscreteScheduler has them."""
    even = torch.linspace(1, 0, STEPS + 1)
    return shift * even / (1 + (shift - 1) * even)


def paint(asked: Asked, silence: Words, noise: torch.Tensor, see: See, shift: float, guidance: float) -> list[Painted]:
    """Paint from `noise` (batch, tokens, channels) and stop on the way: EACH batches of all pictures.

    In each of them every picture stopped at a share of noise of its own, and none did so twice at the same.
    """
    x, way, stops = noise, levels(shift).to(noise.device), []
    for now, then in pairwise(way[: LAST + 2]):
        s = now.expand(len(x))
        free = see(x, s, silence)
        stops.append((x, s, free))
        x = x + (then - now) * (free + guidance * (see(x, s, asked.words) - free))
    mixture, s, free = (torch.stack(part) for part in zip(*stops[FIRST:], strict=True))
    rows = torch.arange(len(noise), device=noise.device)
    picks = torch.rand(len(noise), len(mixture), device=noise.device).argsort(1)[:, :EACH]
    return [Painted(asked, mixture[k, rows], s[k, rows], free[k, rows]) for k in picks.T]

"""How much each token of a picture and each attribute counts, so that what is small is learned too.

An eye is two tokens of 256, and a loss over all of them hardly asks for its colour. Pairs of pictures that differ in
one attribute tell where it is seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from house.train.painting import NAMES
from house.world.fields import FIELDS

KIND = NAMES.index("kind")
FAR = 16.0  # the least (squared) distance of twins that counts: brows are 30, eyes 24 apart, and less would shout
SLOW = ("eyes", "brows", "mouth", "lamp", "birds")  # what is learned last: small things, and light
HARDER = {  # how many times it counts what a classifier misses: what was missed most; the rest once
    "face": 6.0,
    "mouth": 6.0,
    "skin": 6.0,
    "birds": 6.0,
    "hat": 5.0,
    "brows": 4.0,
    "wear": 3.0,
    "hat_colour": 2.0,
}


def changed(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """Where two pictures' tokens (batch, tokens, channels) differ: (batch, tokens), 1 on average."""
    apart = (after.float() - before.float()).square().sum(-1)
    return apart / apart.mean(1, keepdim=True).clamp_min(1e-12)


def unlike(seen: torch.Tensor, goal: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """How far twins' sights differ otherwise than their goals: 0 if they differ alike, 1 if words change nothing.

    Both are (2 x count, tokens, channels), `rows` says of which twins (count) it is asked. What the words don't say is
    the same in both and falls out of the difference, so that a brow is heard which is lost in the loss of a whole
    picture. Its minimum is the loss's own: of the way to the expected picture, twins share what is not said of them.
    """
    (a, b), (one, two) = seen.float().chunk(2), goal.float().chunk(2)
    far = (one - two).square().sum((1, 2))
    wrong = ((a - b) - (one - two)).square().sum((1, 2)) / far.clamp_min(FAR)
    return (wrong * rows).sum() / rows.sum().clamp_min(1)


def told(pairs: torch.Tensor, codes: np.ndarray[Any, np.dtype[np.uint8]], slow: float = 1.0) -> torch.Tensor:
    """Where attributes are seen, by kind of picture: (kinds, tokens), 1 on average. `SLOW` ones count `slow` times.

    `pairs` is (2, count, tokens, channels) and `codes` (2, count, attributes). It says where on the canvas, not
    in which picture: what depends on the picture alone would shift what is learned from it.
    """
    apart = changed(pairs[0], pairs[1])
    out = []
    for kind in range(len(FIELDS["kind"])):
        differ = (codes[0] != codes[1]) & (codes[0][:, KIND] == kind)[:, None]
        total, counted = torch.zeros_like(apart[0]), 0.0
        for name, rows in zip(NAMES, differ.T, strict=True):
            if rows.any():
                times = slow if name in SLOW else 1.0
                total += times * apart[torch.from_numpy(rows).to(apart.device)].mean(0)
                counted += times
        out.append(total / counted if counted else torch.ones_like(total))
    return torch.stack(out)

"""At which noise a model hears what words say: `python -m house.judge.heard house/weights`, a minute on two cores.

What lies half-way between two pictures that differ in one attribute is mixed with noise, and the same mixture is read
with the caption of either. What the model then expects differs by some share of the way from one to the other: 1 is all
of it, 0 is nothing. Only words can tell it, and the noisier the mixture is, the less it shows where.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from house.train import device, latents, pipeline, recipe
from house.train.fitting import positions, seen
from house.train.painting import floats
from house.train.practice import Words
from house.world import caption, draw_two, paint
from house.world.fields import PERSON, SCENE, Attributes

LEVELS = (0.6, 0.8, 0.9, 0.96)  # shares of noise
SEED = 4242


@dataclass(frozen=True)
class Heard:
    """Of one attribute: how far apart pictures are that differ in it (squared, of latents), and what is told of it."""

    far: float
    shares: tuple[float, ...]


def attributes() -> list[tuple[str, str]]:
    """Kind and attribute, of all that can be asked."""
    return [(kind, name) for kind, names in (("scene", SCENE), ("person", PERSON)) for name in names]


@torch.no_grad()
def measure(
    folder: Path, where: torch.device, each: int = 6, levels: Sequence[float] = LEVELS
) -> dict[tuple[str, str], Heard]:
    """The median of `each` pairs of every attribute, square ones, at every share of noise."""
    pipe, known = pipeline.open_text(folder / "model", where), recipe.load(folder / "model")
    vae, size = pipe.vae.float(), known.size("square")
    ids, rng, found = positions(*known.grid("square")).to(where), random.Random(SEED), {}
    for kind, name in attributes():
        pairs = [draw_two(rng, kind, name) for _ in range(each)]
        seeds = [rng.getrandbits(31) for _ in pairs]
        first, other = zip(*pairs, strict=True)
        both = [*first, *other]
        pictures = [paint(a, seed, size=size) for a, seed in zip(both, seeds * 2, strict=True)]
        x = latents.tokens_of(vae, floats(torch.from_numpy(np.stack(pictures)), where))
        words, places = _words(pipe, both, seeds * 2, known.text_length)
        noise = torch.randn(x[:each].shape, generator=torch.Generator().manual_seed(SEED)).to(where).repeat(2, 1, 1)
        way, middle = x[each:] - x[:each], (x[each:] + x[:each]).repeat(2, 1, 1) / 2
        far = way.square().sum((1, 2))
        shares = []
        for level in levels:
            s = torch.full((len(middle),), level, device=where)
            ways = seen(pipe.transformer, torch.lerp(middle, noise, level), s, words, ids, places)
            told = level * ((ways[:each] - ways[each:]) * way).sum((1, 2)) / far.clamp_min(1e-6)
            shares.append(statistics.median(told.tolist()))
        found[kind, name] = Heard(statistics.median(far.tolist()), tuple(shares))
    return found


def _words(pipe: Any, facts: Sequence[Attributes], seeds: Sequence[int], length: int) -> tuple[Words, torch.Tensor]:
    """What the transformer reads: captions that name all, and that say in the same words what two pictures share."""
    texts = [caption(a, random.Random(seed), every=True).text for a, seed in zip(facts, seeds, strict=True)]
    each, whole, places = pipe.encode_prompt(texts, None, max_sequence_length=length)
    return (each, whole), places


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m house.judge.heard", description=__doc__)
    parser.add_argument("folder", type=Path, help="with a model in it")
    parser.add_argument("--each", type=int, default=6, help="pairs of every attribute (6)")
    options = parser.parse_args()
    where = device.pick()
    device.prepare(where, SEED)
    print(f"{'':18}{'apart':>8}" + "".join(f"{level:>8}" for level in LEVELS))
    for (kind, name), found in measure(options.folder, where, options.each).items():
        print(f"{kind + ' ' + name:18}{found.far:8.0f}" + "".join(f"{share:8.2f}" for share in found.shares))


if __name__ == "__main__":
    main()

"""How like true pictures painted ones look: `python -m house.judge.looks house/weights`, three minutes on two cores.

Attributes don't say whether an edge is crisp or a wall is even. So what the first layers of the judge's first member
see in each place of painted pictures is compared with what they see in true ones of the same words: the Frechet
distance between the two (Heusel and others, 2017, who take another network's last layer), as a share of how much the
true ones vary. So is the strength of edges. Other true pictures are compared as well, for nothing can look truer.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from house.judge import reader
from house.judge.generate import Options, generate
from house.train import device, pipeline, recipe
from house.train.painting import floats
from house.world import caption, paint, sample
from house.world.paint import Picture

LAYERS = (2, 8, 14)  # of the judge: a half, a quarter and an eighth of the side
SEED = 5151
PART = 16  # pictures at a time


@dataclass(frozen=True)
class Looks:
    """Distances at each of LAYERS, 0 is the same; and the strength of edges, 1 is as much."""

    distances: tuple[float, ...]
    edges: float


@torch.no_grad()
def seen(judge: reader.Judge, pictures: Sequence[Picture]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Mean and covariance of what each of LAYERS sees in a place."""
    kept: list[list[torch.Tensor]] = [[] for _ in LAYERS]
    for start in range(0, len(pictures), PART):
        x = floats(torch.from_numpy(np.stack(pictures[start : start + PART])), torch.device("cpu"))
        for k, layer in enumerate(judge.members[0].body.layers[: LAYERS[-1] + 1]):
            x = layer(x)
            if k in LAYERS:
                kept[LAYERS.index(k)].append(x.movedim(1, -1).flatten(0, -2).double())
    return [(places.mean(0), torch.cov(places.T)) for places in map(torch.cat, kept)]


def distance(one: tuple[torch.Tensor, torch.Tensor], true: tuple[torch.Tensor, torch.Tensor]) -> float:
    """The squared Frechet distance of two means and covariances, as a share of the second's whole variance."""
    (mean, spread), (goal, wide) = one, true
    values, vectors = torch.linalg.eigh(spread)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    shared = torch.linalg.eigvalsh(root @ wide @ root).clamp_min(0).sqrt().sum()
    return float(((mean - goal).square().sum() + spread.trace() + wide.trace() - 2 * shared) / wide.trace())


def edges(pictures: Sequence[Picture]) -> float:
    """The mean size of the Laplacian of brightness."""
    grey = torch.from_numpy(np.stack(pictures)).float().mean(-1)
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return float((4 * grey[:, 1:-1, 1:-1] - around).abs().mean())


def compare(judge: reader.Judge, pictures: Sequence[Picture], true: Sequence[Picture]) -> Looks:
    """How like true ones pictures look."""
    pairs = zip(seen(judge, pictures), seen(judge, true), strict=True)
    return Looks(tuple(distance(*pair) for pair in pairs), edges(pictures) / edges(true))


def measure(folder: Path, where: torch.device, count: int) -> dict[str, Looks]:
    """Of `count` people and scenes of held-out combinations, square ones; and of as many other true ones."""
    pipe, known = pipeline.open_text(folder / "model", where), recipe.load(folder / "model")
    judge, found = reader.load("judge", folder / "judge", torch.device("cpu")), dict[str, Looks]()
    options = Options(known.size("square"), known.steps, known.guidance, known.text_length)
    for kind in ("person", "scene"):
        rng, made = random.Random(f"{SEED} {kind}"), list[Picture]()
        facts = [sample(rng, kind, held=True) for _ in range(count)]
        texts = [caption(a, rng, every=True).text for a in facts]
        for start in range(0, count, PART):
            made += generate(pipe, texts[start : start + PART], range(start, min(start + PART, count)), options)
        other, *true = ([paint(a, rng.getrandbits(31), size=options.size) for a in facts] for _ in range(3))
        both = [*true[0], *true[1]]
        found |= {kind: compare(judge, made, both), f"true {kind}": compare(judge, other, both)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m house.judge.looks", description=__doc__)
    parser.add_argument("folder", type=Path, help="with a model and its judge in it")
    parser.add_argument("--count", type=int, default=80, help="people, and as many scenes (80)")
    options = parser.parse_args()
    where = device.pick()
    device.prepare(where, SEED)
    print(f"{'':14}" + "".join(f"{f'layer {layer}':>10}" for layer in LAYERS) + f"{'edges':>8}")
    for name, looks in measure(options.folder, where, options.count).items():
        print(f"{name:14}" + "".join(f"{each:10.4f}" for each in looks.distances) + f"{looks.edges:8.2f}")


if __name__ == "__main__":
    main()

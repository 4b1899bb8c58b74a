"""What a judge makes of pictures that a model painted: `python -m house.judge.repainted house/weights`.

A judge that is right about true pictures may be wrong about painted ones, and then it says of a model what is its own
fault. Who knows the truth of a painted picture? Where a true one is mixed with noise that leaves everything to be seen,
and painted to its end with its own words, noise and words say the same. What the judge then reads otherwise is its
mistake for the most part, and the model's for the rest. Judges are compared on the same pictures.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from house.judge import reader
from house.judge.generate import Options, repaint
from house.judge.intervals import Share, share
from house.judge.reading import read
from house.train import device, pipeline, recipe
from house.world import caption, paint, sample
from house.world.fields import Attributes
from house.world.paint import Picture
from house.world.rules import fields_of

STRENGTHS = (0.4, 0.6)  # of the steps; with a shift of 1.5 that begins at shares of noise of .5 and .69
SEED = 6161
PART = 16  # pictures at a time
WORST = 4  # attributes that are named


@dataclass(frozen=True)
class Read:
    """How much a judge read rightly of all attributes, and of each by itself."""

    whole: Share
    each: dict[str, float]

    def worst(self) -> list[str]:
        return sorted(self.each, key=lambda name: self.each[name])[:WORST]


def compare(judge: Any, facts: Sequence[Attributes], pictures: Sequence[Picture]) -> Read:
    """What a judge reads in pictures (all of one shape) of which `facts` are true."""
    seen = read(judge, pictures)
    right = [{name: said.get(name) == a[name] for name in fields_of(a)} for a, said in zip(facts, seen, strict=True)]
    of_each = {name: [row[name] for row in right if name in row] for row in right for name in row}
    each = {name: sum(hits) / len(hits) for name, hits in of_each.items()}
    return Read(share([(sum(row.values()), len(row)) for row in right]), each)


def measure(
    folder: Path, judges: Sequence[Path], where: torch.device, count: int, strengths: Sequence[float] = STRENGTHS
) -> dict[tuple[str, float, Path], Read]:
    """Of `count` people and scenes of held-out combinations each, true ones (strength 0) and repainted by `folder`."""
    pipe, known = pipeline.open_again(folder / "model", where), recipe.load(folder / "model")
    readers = {place: reader.load("judge", place / "judge", where) for place in judges}
    options = Options(known.size("square"), known.steps, known.guidance, known.text_length)
    found: dict[tuple[str, float, Path], Read] = {}
    for kind in ("person", "scene"):
        rng = random.Random(f"{SEED} {kind}")
        facts = [sample(rng, kind, held=True) for _ in range(count)]
        texts = [caption(a, rng, every=True).text for a in facts]
        true = [paint(a, rng.getrandbits(31), size=options.size) for a in facts]
        for strength in (0.0, *strengths):
            pictures = true if not strength else []
            for start in range(0, count if strength else 0, PART):
                part, seeds = slice(start, start + PART), range(start, min(start + PART, count))
                pictures += repaint(pipe, true[part], texts[part], seeds, options, strength)
            found |= {(kind, strength, place): compare(judge, facts, pictures) for place, judge in readers.items()}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m house.judge.repainted", description=__doc__)
    parser.add_argument("folder", type=Path, help="with a model and its judge in it")
    parser.add_argument("--beside", type=Path, action="append", default=[], help="a folder with another judge in it")
    parser.add_argument("--count", type=int, default=96, help="people, and as many scenes (96)")
    options = parser.parse_args()
    where = device.pick()
    device.prepare(where, SEED)
    judges = [options.folder, *options.beside]
    for (kind, strength, place), found in measure(options.folder, judges, where, options.count).items():
        worst = ", ".join(f"{name} {found.each[name]:.2f}" for name in found.worst())
        print(f"{kind:8}{strength:4}  {place}: {found.whole}; {worst}")


if __name__ == "__main__":
    main()

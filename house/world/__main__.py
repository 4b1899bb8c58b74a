"""`python -m house.world FOLDER`: contact sheets of scenes, people, edits and identities, to look at."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from house.world import caption, draw_edit, paint, person, sample, sample_shape
from house.world.fields import SHAPES
from house.world.sheet import sheet


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m house.world", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    for kind in ("scene", "person"):
        pictures, words = [], []
        for number in range(40):
            a = sample(rng, kind, None)
            pictures.append(paint(a, options.seed * 1000 + number, size=SHAPES[sample_shape(rng)]))
            words.append(caption(a, rng).text)
        sheet(pictures, words, options.folder / f"{kind}s.png")
    edits = [draw_edit(rng, held=None, shape="square") for _ in range(24)]
    pictures = [picture for edit in edits for picture in edit.paint()]
    words = [text for edit in edits for text in ("before", edit.wish)]
    sheet(pictures, words, options.folder / "edits.png", lines=2)
    pictures, words = [], []
    for number in range(5):
        who = person(options.seed * 100 + number)
        for _ in range(8):
            a = who.outfit(rng)
            pictures.append(who.paint(a, rng.getrandbits(31)))
            words.append(caption(a, rng, name=f"person {number}").text)
    sheet(pictures, words, options.folder / "identities.png", lines=3)


if __name__ == "__main__":
    main()

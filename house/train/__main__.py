"""`python -m house.train all`: trains everything, or goes on where the last call ended; `--help` names the rest."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

START = time.monotonic()  # before torch is imported: a piece's minutes count from here
DEFAULT = Path("data/house")


def main() -> int:
    options = _options()
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str((options.to / "compiled").resolve()))
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if options.command in ("pack", "unpack", "prune"):
        return _files(options)
    from house.train import checkpoint, run

    with checkpoint.alone(options.to):
        return run.run(options, START)


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="python -m house.train", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    trained = {
        "all": "every stage that is not finished yet",
        "autoencoder": "pictures to latents and back",
        "decoder": "the way back from latents, learned on alone",
        "latents": "paint and encode what the transformer learns from",
        "words": "what words mean, for the text encoders",
        "classifier": "tells attributes of noisy latents, for the transformer",
        "transformer": "text to image and edits",
        "distil": "guidance learned by heart: half the time for a picture",
        "judge": "reads attributes back",
        "likeness": "tells faces apart",
        "sheets": "uncurated contact sheets",
        "score": "the fidelity table",
    }
    for name, about in trained.items():
        one = commands.add_parser(name, help=about)
        one.add_argument("--to", type=Path, default=DEFAULT, help="the run's folder (data/house)")
        one.add_argument("--budget-minutes", type=float, help="of the whole recipe; time boxes are scaled to it")
        one.add_argument("--piece-minutes", type=float, help="end after this long; the same command goes on from there")
        one.add_argument("--device", help="cuda or cpu; the fastest here unless given")
        one.add_argument("--threads", type=int, help="of the processor")
        one.add_argument("--seed", type=int, help="another seed than the recipe's")
        one.add_argument("--small", action="store_true", help="what two cores of a processor can train")
        one.add_argument("--smoke", action="store_true", help="toy sizes: the whole chain in a minute")
        one.add_argument(
            "--weights", type=Path, metavar="FOLDER", help="go on from finished ones, such as house/weights"
        )
        one.add_argument(
            "--more",
            action="append",
            default=[],
            metavar="STAGE=MINUTES",
            help="that they get: transformer (60), decoder, judge, likeness (0)",
        )
        one.add_argument("--again", action="store_true", help="do this stage again though it is finished")
        one.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change the recipe")
    for name, about in (("pack", "the model as files of at most 15 MiB"), ("unpack", "and back")):
        one = commands.add_parser(name, help=about)
        one.add_argument("source", type=Path)
        one.add_argument("to", type=Path)
    commands.add_parser("prune", help="remove checkpoints and latents").add_argument("to", type=Path)
    return parser.parse_args()


def _files(options: Any) -> int:
    from house.train import pack

    if options.command == "pack":
        for piece in pack.pack(options.source, options.to):
            print(f"{piece}: {piece.stat().st_size / 2**20:.1f} MiB")
    elif options.command == "unpack":
        pack.unpack(options.source, options.to)
    else:
        from house.train import checkpoint

        if not options.to.is_dir():
            raise SystemExit(f"{options.to} is no folder.")
        with checkpoint.alone(options.to):
            print(json.dumps({"freed_bytes": checkpoint.prune(options.to)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

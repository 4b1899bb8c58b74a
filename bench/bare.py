"""The peer of bench/picture.py: FLUX's pipeline as diffusers brings it, asked over stdin, answering in seconds.

`python -m bench.bare FOLDER PRECISION` opens the weights, says the seconds that took, then makes a picture for each
line of JSON (the pipeline's arguments) and says how long it took.
"""

from __future__ import annotations

import json
import sys
import time


def main(folder: str, precision: str) -> None:
    began = time.perf_counter()
    import torch
    from diffusers import FluxPipeline

    pipe = FluxPipeline.from_pretrained(folder, dtype=getattr(torch, precision), local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    print(time.perf_counter() - began, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        generator = torch.Generator().manual_seed(asked.pop("seed"))
        began = time.perf_counter()
        pipe(generator=generator, **asked)
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

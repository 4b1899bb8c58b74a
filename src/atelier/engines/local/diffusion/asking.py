"""One picture from a pipeline, as a stream: each step, a look now and then, and the picture at the end."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from PIL import Image

from atelier.engines.engine import Made, Preview, Progress
from atelier.engines.local.diffusion.looking import Guess
from atelier.engines.local.diffusion.opening import Opened
from atelier.tools.seeds import folded

LOOK = 0.4  # seconds between two previews

# One thread for as long as the child lives, because OpenMP gives each thread that computes a team of its own.
_thread = ThreadPoolExecutor(1, thread_name_prefix="pipeline")


def draw(
    opened: Opened, position: int, asked: Mapping[str, Any], size: tuple[int, int], steps: int, seed: int
) -> Iterator[Made | Image.Image]:
    """Let the pipeline work and tell how far it is; closing the iterator makes it leave after the step it is at."""
    told: queue.SimpleQueue[Made | None] = queue.SimpleQueue()
    guess = Guess(opened.pipe, lambda packed: opened.family.latents(opened.pipe, packed, size))
    looked = time.monotonic()
    left = False

    def after_step(_pipe: Any, step: int, _when: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        nonlocal looked
        if left:
            raise _Left
        end = guess.follow(step, tensors["latents"])
        whole = getattr(_pipe, "num_timesteps", None) or steps  # fewer than asked for with a picture to begin with
        told.put(Progress(position, step + 1, whole))
        if end is not None and step + 1 < whole and time.monotonic() - looked >= LOOK:
            if (look := guess.picture(end)) is not None:
                told.put(Preview(position, look))
            looked = time.monotonic()
        return {}

    def work() -> Image.Image:
        try:
            with torch.inference_mode():
                made = opened.pipe(
                    **asked,
                    width=size[0],
                    height=size[1],
                    num_inference_steps=steps,
                    max_sequence_length=opened.recipe.text_length,  # padding is not masked, so the trained length
                    # on the processor, so that it is the same on every device; there torch reads 32 bits
                    generator=torch.Generator().manual_seed(folded(seed)),
                    callback_on_step_end=after_step,
                )
            picture: Image.Image = made.images[0]
            return picture
        finally:
            told.put(None)

    running = _thread.submit(work)
    try:
        while (made := told.get()) is not None:
            yield made
        yield running.result()
    finally:
        left = True
        running.exception()  # the thread is free again before anything else is asked of it


class _Left(Exception):
    """Nobody wants the picture any more."""

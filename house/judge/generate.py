"""Pictures from ordinary FLUX pipelines, each from a seed of its own, so that a batch's size changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from house.world.paint import Picture


@dataclass(frozen=True)
class Options:
    """How a picture is made: (width, height), steps, guidance, and the text length that the model was trained with."""

    size: tuple[int, int]
    steps: int
    guidance: float
    length: int


def generate(pipe: Any, texts: Sequence[str], seeds: Sequence[int], options: Options) -> list[Picture]:
    """One picture for each text."""
    return _run(pipe, {"prompt": list(texts)}, seeds, options)


def edit(
    pipe: Any, pictures: Sequence[Picture], wishes: Sequence[str], seeds: Sequence[int], options: Options
) -> list[Picture]:
    """Each picture changed as its wish says."""
    asked = {"prompt": list(wishes), "image": [Image.fromarray(picture) for picture in pictures]}
    asked |= {"max_area": options.size[0] * options.size[1], "_auto_resize": False}  # or it goes up to a megapixel
    return _run(pipe, asked, seeds, options)


def repaint(
    pipe: Any,
    pictures: Sequence[Picture],
    texts: Sequence[str],
    seeds: Sequence[int],
    options: Options,
    strength: float,
) -> list[Picture]:
    """Each picture mixed with noise and painted to its end again, the last `strength` of the steps."""
    asked = {"prompt": list(texts), "image": [Image.fromarray(picture) for picture in pictures], "strength": strength}
    return _run(pipe, asked, seeds, options)


def _run(pipe: Any, asked: dict[str, Any], seeds: Sequence[int], options: Options) -> list[Picture]:
    if options.guidance > 1:
        asked |= {"negative_prompt": [""] * len(seeds), "true_cfg_scale": options.guidance}
    out = pipe(
        **asked,
        width=options.size[0],
        height=options.size[1],
        num_inference_steps=options.steps,
        max_sequence_length=options.length,  # the trained one: padding is not masked
        generator=[torch.Generator().manual_seed(seed) for seed in seeds],
        output_type="np",
    )
    return list((out.images * 255).round().clip(0, 255).astype(np.uint8))

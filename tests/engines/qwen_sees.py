"""Qwen-Image-Edit's pipeline around Qwen-Image's tiny weights, as an engine: `tests.engines.qwen_sees:Engine`.

The reader of pictures that the real one has needs torchvision, whose builds fit only the build of torch that each is
for. This one does the same by its parts: the tokenizer, and the processor of pictures without torchvision.
"""

from __future__ import annotations

from typing import Any

from transformers import BatchFeature, Qwen2VLImageProcessorPil

from atelier.engines.local.diffusers_engine import DiffusersEngine
from atelier.engines.local.diffusion import opening

IMAGE = "<|image_pad|>"


class Sees:
    """Words and pictures as the reader takes them: each picture's mark stands as often as it has patches."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.image_processor = Qwen2VLImageProcessorPil(min_pixels=784, max_pixels=3136)

    def __call__(self, text: Any, images: Any = None, **more: Any) -> BatchFeature:
        written = list(text) if isinstance(text, list) else [text]
        seen: dict[str, Any] = {}
        if images is not None:
            pictures = images if isinstance(images, list) else [images]
            seen = dict(self.image_processor(images=pictures, return_tensors="pt"))
            for grid in seen["image_grid_thw"]:
                patches = int(grid.prod()) // 4
                written = [each.replace(IMAGE, "<seen> " * patches, 1) for each in written]
            written = [each.replace("<seen>", IMAGE) for each in written]
        words = self.tokenizer(written, padding=True, return_tensors="pt")
        return BatchFeature({**words, **seen})


class Engine(DiffusersEngine):
    """The engine `diffusers`, with that reader where a pipeline asks for one."""

    def __init__(self) -> None:
        super().__init__()
        parts = opening._parts

        def with_sight(pipe: Any, wanted: Any) -> dict[str, Any]:
            found = parts(pipe, wanted)
            if "Edit" in wanted.__name__:
                found["processor"] = Sees(pipe.tokenizer)
            return found

        opening._parts = with_sight

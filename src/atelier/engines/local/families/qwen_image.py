"""Qwen-Image of Alibaba: pictures from words, with legible text in them."""

from __future__ import annotations

from typing import Any

from atelier.engines.local.families.family import Family, Task, read_twice


class QwenImage(Family):
    """It reads the prompt twice; distilled models are told their guidance as a number besides."""

    id = "qwen-image"
    pipelines = {
        Task.WORDS: "QwenImagePipeline",
        Task.REDRAW: "QwenImageImg2ImgPipeline",
        Task.REPAINT: "QwenImageInpaintPipeline",
    }

    def guidance(self, pipe: Any, wanted: float, negative: str) -> dict[str, Any]:
        # a blank, because without a negative prompt it would read once, whatever the scale
        asked = read_twice(wanted, negative, blank=" ")
        return asked | ({"guidance_scale": wanted} if pipe.transformer.config.guidance_embeds else {})

    def latents(self, pipe: Any, packed: Any, size: tuple[int, int]) -> Any | None:
        import torch

        width, height = size
        if packed.shape[1] != (width // 16) * (height // 16):  # the pipeline that repaints chooses a size of its own
            return None
        found = pipe._unpack_latents(packed, height, width, pipe.vae_scale_factor)
        mean, spread = (
            torch.tensor(each, device=found.device, dtype=found.dtype).view(1, -1, 1, 1, 1)
            for each in (pipe.vae.config.latents_mean, pipe.vae.config.latents_std)
        )
        return (found * spread + mean)[:, :, 0]


FAMILY = QwenImage()

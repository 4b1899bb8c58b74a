"""Z-Image of Alibaba's Tongyi: a small fast model of pictures from words."""

from __future__ import annotations

from typing import Any

from atelier.engines.local.families.family import NEGATIVE, Family, Task


class ZImage(Family):
    """Guidance from 1 on reads the prompt twice; the turbo model wants 0."""

    id = "z-image"
    pipelines = {
        Task.WORDS: "ZImagePipeline",
        Task.REDRAW: "ZImageImg2ImgPipeline",
        Task.REPAINT: "ZImageInpaintPipeline",
    }

    def guidance(self, pipe: Any, wanted: float, negative: str) -> dict[str, Any]:
        return {"guidance_scale": max(wanted, NEGATIVE) if negative else wanted, "negative_prompt": negative}

    def latents(self, pipe: Any, packed: Any, size: tuple[int, int]) -> Any | None:
        return packed / pipe.vae.config.scaling_factor + (pipe.vae.config.shift_factor or 0.0)


FAMILY = ZImage()

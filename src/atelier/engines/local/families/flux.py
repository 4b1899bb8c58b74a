"""FLUX.1 of Black Forest Labs: dev, schnell, and models of the same shape."""

from __future__ import annotations

from typing import Any

from atelier.engines.local.families.family import Family, Task, read_twice


class Flux(Family):
    """Models that were taught their guidance as a number read the prompt once; others read it twice."""

    id = "flux"
    pipelines = {
        Task.WORDS: "FluxPipeline",
        Task.REDRAW: "FluxImg2ImgPipeline",
        Task.REPAINT: "FluxInpaintPipeline",
    }

    def guidance(self, pipe: Any, wanted: float, negative: str) -> dict[str, Any]:
        if not pipe.transformer.config.guidance_embeds:
            return read_twice(wanted, negative)
        taught = {"guidance_scale": wanted}
        return taught | (read_twice(wanted, negative) if negative else {})

    def latents(self, pipe: Any, packed: Any, size: tuple[int, int]) -> Any | None:
        width, height = size
        found = pipe._unpack_latents(packed, height, width, pipe.vae_scale_factor)
        return found / pipe.vae.config.scaling_factor + (pipe.vae.config.shift_factor or 0.0)


FAMILY = Flux()

"""What a picture looks like before it is finished, cheaply: the guess of its end, small, through the autoencoder."""

from __future__ import annotations

import io
from typing import Any

import torch
from PIL import Image

LONGER = 24  # latents on the longer side that are decoded, whatever the picture's size


class Guess:
    """Follows the latents of one picture and guesses from two of them where they lead.

    A step of flow matching goes along a line from noise to picture, x(s) = picture + s · (noise - picture), so two
    points of it with their shares s of noise give its end.
    """

    def __init__(self, pipe: Any, size: tuple[int, int]) -> None:
        self._pipe = pipe
        self._size = size
        self._before: Any = None

    def follow(self, step: int, latents: Any) -> Any:
        """Take the latents after step `step` (from 0); the guessed end, or None while there is only one point."""
        before, self._before = self._before, latents
        shares = self._pipe.scheduler.sigmas
        if before is None or step + 1 >= len(shares):
            return None
        now, then = float(shares[step + 1]), float(shares[step])
        return latents - now * (latents - before) / (now - then) if now != then else latents

    def picture(self, end: Any) -> bytes:
        """Packed latents as a small WebP; call it where torch keeps no gradients."""
        pipe, (width, height) = self._pipe, self._size
        latents = pipe._unpack_latents(end, height, width, pipe.vae_scale_factor)
        shrink = LONGER / max(latents.shape[-2:])
        if shrink < 1:
            latents = torch.nn.functional.interpolate(latents, scale_factor=shrink, mode="area")
        scale, shift = pipe.vae.config.scaling_factor, pipe.vae.config.shift_factor or 0.0
        decoded = pipe.vae.decode((latents / scale + shift).to(pipe.vae.dtype), return_dict=False)[0]
        shown: Image.Image = pipe.image_processor.postprocess(decoded.float(), output_type="pil")[0]
        out = io.BytesIO()
        shown.save(out, "WEBP", quality=60, method=0)
        return out.getvalue()

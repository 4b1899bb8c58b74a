"""What a picture looks like before it is finished, cheaply: the guess of its end, small, through the autoencoder."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import torch
from PIL import Image

LONGER = 24  # latents on the longer side that are decoded, whatever the picture's size


class Guess:
    """Follows the latents of one picture and guesses from two of them where they lead.

    A step of flow matching goes along a line from noise to picture, x(s) = picture + s · (noise - picture), so two
    points of it with their shares s of noise give its end.
    """

    def __init__(self, pipe: Any, unpacked: Callable[[Any], Any | None]) -> None:
        self._pipe = pipe
        self._unpacked = unpacked
        self._before: Any = None

    def follow(self, step: int, latents: Any) -> Any:
        """Take the latents after step `step` (from 0); the guessed end, or None while there is only one point."""
        before, self._before = self._before, latents
        shares = self._pipe.scheduler.sigmas
        at = step + (self._pipe.scheduler.begin_index or 0)  # a picture to begin with leaves the first steps out
        if before is None or at + 1 >= len(shares):
            return None
        now, then = float(shares[at + 1]), float(shares[at])
        return latents - now * (latents - before) / (now - then) if now != then else latents

    def picture(self, end: Any) -> bytes | None:
        """Packed latents as a small WebP, or None for a family that shows none; where torch keeps no gradients."""
        pipe = self._pipe
        latents = self._unpacked(end)
        if latents is None:
            return None
        shrink = LONGER / max(latents.shape[-2:])
        if shrink < 1:
            latents = torch.nn.functional.interpolate(latents, scale_factor=shrink, mode="area")
        latents = latents.to(pipe.vae.dtype)
        # an autoencoder of films decodes (1, channels, frames, rows, columns)
        of_films = bool(pipe.vae.config.get("temperal_downsample"))
        decoded = pipe.vae.decode(latents[:, :, None] if of_films else latents, return_dict=False)[0]
        decoded = decoded[:, :, 0] if of_films else decoded
        shown: Image.Image = pipe.image_processor.postprocess(decoded.float(), output_type="pil")[0]
        out = io.BytesIO()
        shown.save(out, "WEBP", quality=60, method=0)
        return out.getvalue()

"""What the stand-ins answer with: a painted poster for words, and a picture in another colour for an edit."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image, ImageOps

from painter import paint

COLOURS = ("yellow", "red", "blue", "green", "white", "black", "orange", "purple", "pink", "brown", "gray")
FORMATS = {"png": ("PNG", "image/png"), "jpeg": ("JPEG", "image/jpeg"), "jpg": ("JPEG", "image/jpeg")}
FORMATS["webp"] = ("WEBP", "image/webp")


def painted(
    words: str, size: tuple[int, int], seed: int, steps: int, format: str
) -> Iterator[tuple[int, int, bytes | None]]:
    """The steps of painting as (step, steps, None), and at the end the file."""
    for stage in paint(words, width=size[0], height=size[1], seed=seed, negative_prompt="", steps=steps):
        yield stage.step, stage.steps, written(stage.picture, format) if stage.done else None


def edited(picture: bytes, words: str, format: str, mask: bytes | None = None) -> bytes:
    """The picture in the colour that the words name, or its negative where they name none.

    With a `mask` only what is see-through in it changes.
    """
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    gray = whole.convert("L")
    colour = next((each for each in COLOURS if each in words.lower()), None)
    new = ImageOps.invert(gray) if colour is None else ImageOps.colorize(gray, "black", "white", mid=colour)
    if mask is not None:
        kept = Image.open(io.BytesIO(mask)).getchannel("A")
        new = Image.composite(whole, new.convert("RGB"), kept)
    return written(new, format)


def fits(picture: bytes, mask: bytes) -> bool:
    """Whether a mask is a PNG with transparency of the picture's size."""
    try:
        with Image.open(io.BytesIO(picture)) as whole, Image.open(io.BytesIO(mask)) as over:
            return over.format == "PNG" and over.mode == "RGBA" and over.size == whole.size
    except OSError:
        return False


def written(picture: Image.Image, format: str) -> bytes:
    """A picture as a file of that format."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, FORMATS[format][0])
    return out.getvalue()

"""What is done to pixels: measure, decode, turn upright, shrink, encode. All of it blocks; `off_loop` runs it aside."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, ParamSpec, TypeVar

from PIL import Image, ImageOps

THUMB = 512  # pixels, the longer side
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_P = ParamSpec("_P")
_R = TypeVar("_R")
# few, because each holds a whole picture in memory
_HANDS = ThreadPoolExecutor(2, thread_name_prefix="pictures")


async def off_loop(work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Run what needs the processor for long on one of two threads, so that the event loop goes on."""
    return await asyncio.get_running_loop().run_in_executor(_HANDS, lambda: work(*args, **kwargs))


class Thumb(NamedTuple):
    """A picture's own size in pixels, and a small WebP of it."""

    width: int
    height: int
    data: bytes


def thumbnail(data: bytes) -> Thumb:
    """Measure a picture that we trust and make its thumbnail, at most `THUMB` pixels on either side."""
    with Image.open(io.BytesIO(data), formats=tuple(FORMATS)) as picture:
        width, height = picture.size
        picture.draft("RGB", (THUMB, THUMB))  # JPEG decodes at a fraction of its size for free
        eight = _eight_bits(picture)
        small: Image.Image = eight.convert("RGBA" if eight.has_transparency_data else "RGB")
    return Thumb(width, height, _small(small))


def _small(picture: Image.Image) -> bytes:
    picture.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=78, method=2)
    return out.getvalue()


def _eight_bits(picture: Image.Image) -> Image.Image:
    """A picture of more than 256 greys scaled down to as many, which Pillow would clip; any other as it is."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    deep = picture if picture.mode in ("I;16", "I", "F") else picture.convert("I")
    highest = max(0, *(edge for edge in deep.getextrema() if isinstance(edge, int | float)))
    top = 65535 if picture.mode.startswith("I;16") else max(255, highest)  # the others name no top
    grey = deep.point(lambda level: level * (255 / top) + 0.5).convert("L")
    grey.info.pop("transparency", None)  # a grey of sixteen bits
    return grey


def type_of(picture: Image.Image) -> str:
    """A picture's content type; a phone's MPO is a JPEG with a second one behind it."""
    return FORMATS.get(picture.format or "", "image/jpeg")


def encode_again(picture: Image.Image) -> tuple[bytes, str]:
    """A decoded picture, turned upright, in a new file without anything else that its old one carried.

    Photographs stay JPEG (quality 92), the others become PNG or WebP as they were.
    """
    content_type = type_of(picture)
    upright = _eight_bits(ImageOps.exif_transpose(picture))
    mode = "RGBA" if upright.has_transparency_data else "L" if upright.mode in ("L", "1") else "RGB"
    clean = Image.new(mode, upright.size)
    clean.paste(upright.convert(mode))
    out = io.BytesIO()
    if content_type == "image/jpeg":
        clean.convert("RGB").save(out, "JPEG", quality=92, optimize=False, progressive=True)
    elif content_type == "image/webp":
        clean.save(out, "WEBP", quality=92, method=2)
    else:
        clean.save(out, "PNG", compress_level=6)
    return out.getvalue(), content_type

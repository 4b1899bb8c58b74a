"""Pictures as files, in the formats that the picture tools offer."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

_OPTIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "png": ("PNG", "image/png", {"compress_level": 3}),
    "webp": ("WEBP", "image/webp", {"method": 2}),
    "jpeg": ("JPEG", "image/jpeg", {"optimize": True}),
}


def encode(picture: Image.Image, format: str, quality: int) -> tuple[bytes, str]:
    """A picture as a file of `format`, with its content type; `quality` is 1 to 100 where the format has one."""
    name, content_type, options = _OPTIONS[format]
    if format != "png":
        options = {**options, "quality": quality}
    out = io.BytesIO()
    picture.convert("RGB").save(out, name, **options)
    return out.getvalue(), content_type

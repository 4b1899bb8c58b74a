"""Classical edits of a picture, by an ordered list of operations. Runs in the child process of `pool` alone."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from atelier.media.pictures import LONGEST_SIDE, MOST_PIXELS, upright
from atelier.media.refusals import PictureTooLarge, Unusable

# how red and blue follow the temperature: the factor at 100
WARMTH = 0.3
# luminance of the primaries, as the filter `saturate` of CSS has it (Filter Effects 1, 10.1)
RED, GREEN, BLUE = 0.213, 0.715, 0.072
_FORMATS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "png": ("PNG", "image/png", {"compress_level": 3}),
    "webp": ("WEBP", "image/webp", {"method": 2}),
    "jpeg": ("JPEG", "image/jpeg", {}),
}


class _Sheet:
    """A picture as RGB, its alpha, and the mask; both follow when the picture changes its shape."""

    def __init__(self, picture: Image.Image, mask: Image.Image | None) -> None:
        self.alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
        self.colours = picture.convert("RGB")
        self.mask = mask

    def shaped(self, change: Callable[[Image.Image], Image.Image]) -> None:
        self.colours = change(self.colours)
        self.alpha = change(self.alpha) if self.alpha is not None else None
        self.mask = change(self.mask) if self.mask is not None else None

    def where(self) -> Image.Image:
        assert self.mask is not None, "the tool's input asks for it"
        return self.mask


def retouch(
    data: bytes, mask: bytes | None, operations: Sequence[Mapping[str, Any]], format: str, quality: int
) -> tuple[bytes, str]:
    """The picture after all `operations`, and its content type; the mask is white where blur and inpaint work.

    Raises `Refused` for a picture that cannot be opened, and for an operation that does not fit it.
    """
    picture = upright(data)
    where = upright(mask).convert("L") if mask is not None else None
    if where is not None and where.size != picture.size:
        raise Unusable(f"The mask has {_size(where)} pixels and the picture {_size(picture)}; both must be as large.")
    sheet = _Sheet(picture, where)
    for each in operations:
        _OPERATIONS[each["do"]](sheet, each)
    result = sheet.colours
    if sheet.alpha is not None and format != "jpeg":
        result.putalpha(sheet.alpha)
    elif sheet.alpha is not None:
        result = Image.composite(result, Image.new("RGB", result.size, "white"), sheet.alpha)
    name, content_type, options = _FORMATS[format]
    out = io.BytesIO()
    result.save(out, name, **options, **({} if format == "png" else {"quality": quality}))
    return out.getvalue(), content_type


def _size(picture: Image.Image) -> str:
    return f"{picture.width:,} × {picture.height:,}"


def _crop(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    left, top = asked["left"], asked["top"]
    right, bottom = left + asked["width"], top + asked["height"]
    if right > sheet.colours.width or bottom > sheet.colours.height:
        raise Unusable(
            f"The crop reaches {right:,} × {bottom:,} pixels, and the picture has {_size(sheet.colours)} there."
        )
    sheet.shaped(lambda picture: picture.crop((left, top, right, bottom)))


def _turn(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    way = {
        90: Image.Transpose.ROTATE_270,  # Pillow counts the other way round
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_90,
    }[asked["degrees"]]
    sheet.shaped(lambda picture: picture.transpose(way))


def _flip(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    across = asked["across"] == "horizontal"
    way = Image.Transpose.FLIP_LEFT_RIGHT if across else Image.Transpose.FLIP_TOP_BOTTOM
    sheet.shaped(lambda picture: picture.transpose(way))


def _straighten(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    if not asked["degrees"]:
        return
    width, height = sheet.colours.size
    across, down = inner(width, height, asked["degrees"])
    left, top = (width - across) // 2, (height - down) // 2

    def turned(picture: Image.Image) -> Image.Image:
        return picture.rotate(-asked["degrees"], Image.Resampling.BICUBIC).crop((left, top, left + across, top + down))

    sheet.shaped(turned)


def inner(width: int, height: int, degrees: float) -> tuple[int, int]:
    """Width and height in pixels of the largest upright rectangle of the same shape within the turned picture."""
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    share = min(width / (width * cosine + height * sine), height / (width * sine + height * cosine))
    return max(1, math.floor(width * share)), max(1, math.floor(height * share))


def _table(change: Callable[[float], float]) -> list[int]:
    """What becomes of each of 256 levels; `change` works on 0 to 1."""
    return [math.floor(min(1.0, max(0.0, change(level / 255))) * 255 + 0.5) for level in range(256)]


def _levels(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    black, white, gamma = asked["black"] / 255, asked["white"] / 255, asked["gamma"]
    bent = _table(lambda level: min(1.0, max(0.0, (level - black) / (white - black))) ** (1 / gamma))
    sheet.colours = sheet.colours.point(bent * 3)


def _colour(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    brightness, contrast, saturation = asked["brightness"], asked["contrast"], asked["saturation"]
    if (brightness, contrast) != (1, 1):
        table = _table(lambda level: (min(1.0, level * brightness) - 0.5) * contrast + 0.5)
        sheet.colours = sheet.colours.point(table * 3)
    if saturation != 1:
        grey = [(RED, GREEN, BLUE)] * 3
        rows = [
            [
                *(
                    share * (1 - saturation) + (saturation if row == column else 0)
                    for column, share in enumerate(shares)
                ),
                0,
            ]
            for row, shares in enumerate(grey)
        ]
        sheet.colours = sheet.colours.convert("RGB", tuple(value for row in rows for value in row))
    if asked["temperature"]:
        warm = asked["temperature"] / 100 * WARMTH
        tables = [_table(lambda level, by=by: level * by) for by in (1 + warm, 1.0, 1 - warm)]  # type: ignore[misc]
        sheet.colours = sheet.colours.point([level for table in tables for level in table])


def _denoise(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    import cv2  # it takes 60 MB

    strength = asked["strength"]
    smooth = cv2.bilateralFilter(np.asarray(sheet.colours), 3 + 2 * strength, 20 * strength, 2 * strength)
    sheet.colours = Image.fromarray(smooth)


def _sharpen(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    percent = round(asked["amount"] * 100)
    sheet.colours = sheet.colours.filter(ImageFilter.UnsharpMask(asked["radius"], percent, threshold=0))


def _upscale(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    width, height = (side * asked["factor"] for side in sheet.colours.size)
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise PictureTooLarge(
            f"Enlarged {asked['factor']} times, this picture would have {width:,} × {height:,} pixels. "
            f"The library takes up to {MOST_PIXELS // 1_000_000} million, and {LONGEST_SIDE:,} on a side."
        )
    sheet.shaped(lambda picture: picture.resize((width, height), Image.Resampling.LANCZOS))


def _blur(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    blurred = sheet.colours.filter(ImageFilter.GaussianBlur(asked["radius"]))
    sheet.colours = Image.composite(blurred, sheet.colours, sheet.where())


def _inpaint(sheet: _Sheet, asked: Mapping[str, Any]) -> None:
    import cv2

    hole = sheet.where().point([0] * 128 + [255] * 128)
    if ImageChops.invert(hole).getbbox() is None:
        raise Unusable("The mask covers the whole picture, so nothing is left to fill it from.")
    if (box := hole.getbbox()) is None:
        return
    around = 8 * asked["radius"] + 8  # the filler looks no further; all else of a large picture is left alone
    left, top = max(0, box[0] - around), max(0, box[1] - around)
    right, bottom = min(hole.width, box[2] + around), min(hole.height, box[3] + around)
    part = (left, top, right, bottom)
    pixels, mask = np.asarray(sheet.colours.crop(part)), np.asarray(hole.crop(part))
    filled = cv2.inpaint(pixels, mask, asked["radius"], cv2.INPAINT_TELEA)
    sheet.colours.paste(Image.fromarray(filled), (left, top))


_OPERATIONS: Mapping[str, Callable[[_Sheet, Mapping[str, Any]], None]] = {
    "crop": _crop,
    "turn": _turn,
    "flip": _flip,
    "straighten": _straighten,
    "levels": _levels,
    "colour": _colour,
    "denoise": _denoise,
    "sharpen": _sharpen,
    "upscale": _upscale,
    "blur": _blur,
    "inpaint": _inpaint,
}

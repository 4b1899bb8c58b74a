"""Pictures from outside, decoded and encoded again, and thumbnails. Runs in the child process of `pool` alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

from PIL import Image, ImageFile
from PIL.ExifTags import IFD, Base
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from atelier.media import png
from atelier.media.colour import ADOBE_CURVE, ADOBE_RGB, BadProfile, plain, profile_of, split, to_srgb
from atelier.media.imprint import JPEG, read_settings, webp_canvas, write_settings
from atelier.media.notes import Note
from atelier.media.refusals import FileUnsupported, PictureDamaged, PictureTooLarge

THUMB = 512  # pixels, the longer side
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 65_535  # pixels, as of JPEG: each row costs memory of its own
MOST_DECODED = 200_000_000  # bytes
TOO_LARGE_FAULT = (
    "This picture is too large to open: the library takes up to 50 million pixels, and 65,535 on a side. "
    "Nothing was added."
)
BROKEN = (OSError, SyntaxError, ValueError, EOFError, OverflowError, IndexError, KeyError, TypeError, AttributeError)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by EXIF's orientation


class Opened(NamedTuple):
    """A picture of which the head was read, within all bounds; nothing is decoded yet."""

    picture: ImageFile.ImageFile
    content_type: str
    profile: bytes | None
    notes: tuple[Note, ...]


class Brought(NamedTuple):
    """A picture from outside, made anew; `settings` are those that a picture of this studio still carried."""

    data: bytes
    thumb: bytes
    width: int
    height: int
    content_type: str
    settings: dict[str, Any]
    notes: tuple[Note, ...]


class Prepared(NamedTuple):
    """A picture that was made here, with its settings inside, its size in pixels, and its thumbnail as WebP."""

    data: bytes
    thumb: bytes
    width: int
    height: int


def bring(data: bytes) -> Brought:
    """Make an uploaded picture anew: its pixels upright in sRGB, and nothing else of the file. Raises `Refused`."""
    opened = open_picture(data)
    try:
        opened.picture.load()
    except BROKEN as error:
        raise PictureDamaged("This picture is damaged or incomplete. Nothing was added.") from error
    clean, notes = _clean(opened)
    width, height = clean.size
    settings = read_settings(data) or {}
    again = write_settings(_encoded(clean, opened.content_type), settings)
    return Brought(again, small(clean), width, height, opened.content_type, settings, (*opened.notes, *notes))


def prepare(data: bytes, settings: Mapping[str, Any]) -> Prepared:
    """Write its settings into a picture of ours, and make its thumbnail."""
    opened = open_picture(data)
    width, height = opened.picture.size
    if isinstance(opened.picture, JpegImageFile):
        opened.picture.draft("RGB", (THUMB, THUMB))  # decodes at a fraction of its size for free
    opened.picture.load()
    return Prepared(write_settings(data, settings), small(_clean(opened)[0]), width, height)


def upright(data: bytes) -> Image.Image:
    """The pixels of a picture that was made here, upright and in sRGB: L, RGB or RGBA. Raises `Refused`."""
    opened = open_picture(data)
    try:
        opened.picture.load()
    except BROKEN as error:
        raise PictureDamaged("This picture is damaged or incomplete.") from error
    return _clean(opened)[0]


def see_through(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """A mask in black and white as a PNG that is see-through where it is white, and its size. Raises `Refused`."""
    grey = plain(upright(data)).convert("L")
    mask = Image.new("RGBA", grey.size, "black")
    mask.putalpha(grey.point(lambda level: 0 if level >= 128 else 255))
    out = io.BytesIO()
    mask.save(out, "PNG")
    return out.getvalue(), mask.size


def covered(thumb: bytes) -> bytes:
    """A thumbnail in which nothing can be made out."""
    with Image.open(io.BytesIO(thumb)) as seen:
        size = seen.size
        few = seen.convert("RGB").resize((6, 6), Image.Resampling.BOX).resize(size, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    few.save(out, "WEBP", quality=60, method=2)
    return out.getvalue()


def open_picture(data: bytes) -> Opened:
    """Read the head of a PNG, JPEG or WebP, by what it is and not by its name; raises `Refused`."""
    notes: list[Note] = []
    picture: ImageFile.ImageFile
    try:
        if data.startswith(png.SIGNATURE):
            left = png.pared(data)
            notes += [Note.FIRST_FRAME] * left.animated + [Note.PROFILE_IGNORED] * left.bad_profile
            notes += [Note.HDR_IGNORED] * left.hdr
            content_type, profile = "image/png", left.profile
            picture = PngImageFile(io.BytesIO(left.data))
        elif data.startswith(JPEG):
            picture = JpegImageFile(io.BytesIO(data))
            content_type, profile = "image/jpeg", picture.info.get("icc_profile")
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            _check_size(*webp_canvas(data), "RGBA")  # its decoder takes memory as soon as it is opened
            picture = WebPImageFile(io.BytesIO(data))
            content_type, profile = "image/webp", picture.info.get("icc_profile")
            notes += [Note.FIRST_FRAME] * (picture.n_frames > 1)
        else:
            raise FileUnsupported("This is no PNG, JPEG or WebP picture. Nothing was added.")
    except Image.DecompressionBombError:
        raise PictureTooLarge(TOO_LARGE_FAULT) from None
    except BROKEN as error:
        raise PictureDamaged("This picture is damaged or incomplete. Nothing was added.") from error
    _check_size(*picture.size, picture.mode)
    if profile is None and content_type != "image/png" and _is_adobe_rgb(picture):
        profile = profile_of(ADOBE_RGB, ADOBE_CURVE)
    return Opened(picture, content_type, profile, tuple(notes))


def _check_size(width: int, height: int, mode: str) -> None:
    wide = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}.get(mode, 4)  # bytes for each pixel, as Pillow keeps them
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS or width * height * wide > MOST_DECODED:
        raise PictureTooLarge(TOO_LARGE_FAULT)


def _clean(opened: Opened) -> tuple[Image.Image, list[Note]]:
    """The decoded picture as L, RGB or RGBA, in sRGB and upright, and what could not be followed."""
    turn = _TURNS.get(_orientation(opened.picture))
    colours, alpha = split(eight_bits(opened.picture))
    notes = []
    try:
        seen = to_srgb(colours, opened.profile)
    except BadProfile:
        notes.append(Note.PROFILE_IGNORED)
        seen = plain(colours)
    if alpha is not None:
        seen = seen.convert("RGB") if seen.mode != "RGB" else seen.copy() if seen is opened.picture else seen
        seen.putalpha(alpha)
    clean = seen.transpose(turn) if turn is not None else seen.copy() if seen is opened.picture else seen
    clean.info.clear()
    return clean, notes


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(Base.Orientation, 1))
    except BROKEN:  # a photograph whose extras are damaged is shown as it lies
        return 1


def _is_adobe_rgb(picture: Image.Image) -> bool:
    """Whether a camera said so without a profile: interoperability index R03 (Exif 2.32, 4.6.7)."""
    try:
        return str(picture.getexif().get_ifd(IFD.Interop).get(1, "")).startswith("R03")
    except BROKEN:
        return False


def eight_bits(picture: Image.Image) -> Image.Image:
    """A picture of more than 256 greys scaled down to as many, which Pillow would clip; any other as it is."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    deep = picture if picture.mode in ("I;16", "I", "F") else picture.convert("I")
    highest = max(0, *(edge for edge in deep.getextrema() if isinstance(edge, int | float)))
    top = 65535 if picture.mode.startswith("I;16") else max(255, highest)  # the others name no top
    grey = deep.point(lambda level: level * (255 / top) + 0.5).convert("L")
    grey.info.pop("transparency", None)  # a grey of sixteen bits
    return grey


def _encoded(clean: Image.Image, content_type: str) -> bytes:
    """Photographs stay JPEG (quality 92), the others PNG or WebP as they were."""
    out = io.BytesIO()
    if content_type == "image/jpeg":
        plain(clean).save(out, "JPEG", quality=92, optimize=False, progressive=True)
    elif content_type == "image/webp":
        clean.save(out, "WEBP", quality=92, method=2)
    else:
        clean.save(out, "PNG", compress_level=6)
    return out.getvalue()


def small(picture: Image.Image) -> bytes:
    """A small WebP of a picture, which is shrunk itself."""
    picture.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    plain_small = picture if picture.mode in ("RGB", "RGBA") else picture.convert("RGB")
    out = io.BytesIO()
    plain_small.save(out, "WEBP", quality=78, method=2)
    return out.getvalue()

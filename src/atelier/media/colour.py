"""Colours converted to sRGB, which every picture of the library has, by the ICC profile that a file brings."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageCms

LARGEST_PROFILE = 8_000_000  # bytes; profiles of printing presses have 0.5 to 3 MB
D65 = (0.3127, 0.329)
# the corners of a colour space: (x, y) of red, green and blue
SRGB = ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06))
DISPLAY_P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
BT2020 = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
Curve = Sequence[float]  # parameters of an ICC parametricCurveType: gamma, a, b, c, d; gamma alone is a power
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
BT709_CURVE = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
ADOBE_CURVE = (563 / 256,)
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_D50 = (0.9642, 1.0, 0.8249)  # white of every ICC profile
_MODES = {"RGB ": ("RGB", "RGB"), "GRAY": ("L", "L"), "CMYK": ("CMYK", "RGB")}  # by a profile's space: read as, becomes
Matrix = Sequence[Sequence[float]]


class BadProfile(Exception):
    """A colour profile that cannot be read, or that belongs to another kind of picture."""


class Split(NamedTuple):
    """The colours of a picture (L, RGB or CMYK), and its transparency where it has any."""

    colours: Image.Image
    alpha: Image.Image | None


def split(picture: Image.Image) -> Split:
    """Take a picture of eight bits apart, whatever its mode."""
    if picture.has_transparency_data:
        whole = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        return Split(whole.convert("RGB"), whole.getchannel("A"))
    if picture.mode in ("L", "RGB", "CMYK"):
        return Split(picture, None)
    return Split(picture.convert("L" if picture.mode == "1" else "RGB"), None)


def to_srgb(colours: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB (RGB) or grey (L); without a profile it is taken as sRGB already. Raises `BadProfile`."""
    if not profile:
        return plain(colours)
    if len(profile) > LARGEST_PROFILE:
        raise BadProfile
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        reads, becomes = _MODES.get(source.profile.xcolor_space, ("", ""))
        if colours.mode == "L" and reads == "RGB":  # greys that were saved with a profile for colours
            return to_srgb(colours.convert("RGB"), profile).convert("L")
        if colours.mode != reads:
            raise BadProfile
        way = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            reads,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        if _changes_little(way, reads):
            return plain(colours)
        changed = ImageCms.applyTransform(colours, way)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise BadProfile from error
    assert changed is not None  # only where it works in place
    return changed.convert(becomes)


def plain(colours: Image.Image) -> Image.Image:
    """The picture as L or RGB, without a profile's help."""
    return colours if colours.mode in ("L", "RGB") else colours.convert("RGB")


def _changes_little(way: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a transform leaves colours as they are, give or take a rounding: most profiles are sRGB itself."""
    if mode == "CMYK":
        return False
    steps = range(0, 256, 15)
    sample = (
        bytes(steps)
        if mode == "L"
        else bytes(level for r in steps for g in steps for b in steps for level in (r, g, b))
    )
    strip = Image.frombytes(mode, (len(sample) // len(mode), 1), sample)
    after = ImageCms.applyTransform(strip, way)
    assert after is not None
    return max(abs(was - is_) for was, is_ in zip(sample, after.convert(mode).tobytes(), strict=True)) <= 1


def profile_of(corners: Sequence[tuple[float, float]], curve: Curve, white: tuple[float, float] = D65) -> bytes:
    """An ICC profile (ICC.1:2022) of a colour space that is known by its corners, its white and its curve."""
    seen = _adapted(corners, white)
    tags: dict[bytes, bytes] = {
        b"wtpt": _xyz(_D50),
        b"rXYZ": _xyz([row[0] for row in seen]),
        b"gXYZ": _xyz([row[1] for row in seen]),
        b"bXYZ": _xyz([row[2] for row in seen]),
    }
    function = 3 if len(curve) == 5 else 0
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), b"para" + struct.pack(">4xH2x", function) + _fixed(curve))
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4xI4s4s4s12x4s28x", at + len(body), 0x04000000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return head + _fixed(_D50) + bytes(48) + struct.pack(">I", len(tags)) + table + body


def _adapted(corners: Sequence[tuple[float, float]], white: tuple[float, float]) -> Matrix:
    """RGB → XYZ as seen under D50 (Bradford; ICC.1:2022, annex E)."""
    try:
        columns = [_from_xy(corner) for corner in corners]
        shape = [[column[row] for column in columns] for row in range(3)]
        amounts = _apply(_inverse(shape), _from_xy(white))
        matrix = [[value * amount for value, amount in zip(row, amounts, strict=True)] for row in shape]
        cones = [
            there / here
            for here, there in zip(_apply(_BRADFORD, _from_xy(white)), _apply(_BRADFORD, _D50), strict=True)
        ]
        scaled = [[value * cone for value in row] for row, cone in zip(_BRADFORD, cones, strict=True)]
        return _product(_product(_inverse(_BRADFORD), scaled), matrix)
    except (ZeroDivisionError, OverflowError) as error:
        raise BadProfile from error


def _from_xy(point: tuple[float, float]) -> list[float]:
    x, y = point
    return [x / y, 1.0, (1 - x - y) / y]


def _apply(matrix: Matrix, vector: Sequence[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def _product(left: Matrix, right: Matrix) -> Matrix:
    columns = list(zip(*right, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in left]


def _inverse(m: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = m
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    turned = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return [[value / determinant for value in row] for row in turned]


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _fixed(values: Sequence[float]) -> bytes:
    try:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)
    except (struct.error, ValueError, OverflowError) as error:
        raise BadProfile from error

"""A PNG file reduced to its pixels: text and other extras are dropped unread; profiles are read within bounds."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from atelier.media.colour import (
    BT709_CURVE,
    BT2020,
    D65,
    DISPLAY_P3,
    LARGEST_PROFILE,
    SRGB,
    SRGB_CURVE,
    BadProfile,
    Curve,
    profile_of,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# eXIf holds how a photograph is turned
_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_LONGEST_EXIF = 65_536
# ITU-T H.273, tables 2 and 3
_CORNERS = {1: SRGB, 9: BT2020, 12: DISPLAY_P3}
_CURVES: dict[int, Curve] = {
    **dict.fromkeys((1, 6, 14, 15), BT709_CURVE),
    4: (2.2,),
    5: (2.8,),
    8: (1.0,),
    13: SRGB_CURVE,
}
_HDR = frozenset({16, 18})  # PQ and HLG


class Pared(NamedTuple):
    """What is left of a PNG: `data` for the decoder, its colour profile, and what its extras said."""

    data: bytes
    profile: bytes | None
    bad_profile: bool = False
    hdr: bool = False
    animated: bool = False


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its body begins, where it ends) of each chunk."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], at + 8, at + 8 + size
        at += 12 + size


def pared(data: bytes) -> Pared:
    """Only what the decoder needs of a PNG; a chunk that it needs and that is damaged is left for it to find."""
    kept, animated = [SIGNATURE], False
    colour: dict[bytes, bytes] = {}
    for name, begin, end in chunks(data):
        if name in _KEPT or (name == b"eXIf" and end - begin <= _LONGEST_EXIF):
            kept.append(data[begin - 8 : end + 4])
        elif name in (b"iCCP", b"cICP", b"sRGB", b"gAMA", b"cHRM"):
            colour.setdefault(name, data[begin:end])
        elif name == b"acTL":
            animated = int.from_bytes(data[begin : begin + 4], "big") > 1
        if name == b"IEND":
            break
    profile, bad, hdr = _profile(colour)
    return Pared(b"".join(kept), profile, bad, hdr, animated)


def _profile(colour: dict[bytes, bytes]) -> tuple[bytes | None, bool, bool]:
    """The profile that a PNG's chunks ask for, by their precedence (PNG 3, 4.3); whether one was bad; whether HDR."""
    try:
        if coded := colour.get(b"cICP"):
            corners, curve = _CORNERS.get(coded[0]), _CURVES.get(coded[1])
            if coded[1] in _HDR:
                return None, False, True
            if corners is None or curve is None:
                return None, True, False
            return profile_of(corners, curve), False, False
        if named := colour.get(b"iCCP"):
            return _unpacked(named), False, False
        if b"sRGB" in colour:
            return None, False, False
        if gamma := colour.get(b"gAMA"):
            return _from_gamma(gamma, colour.get(b"cHRM")), False, False
    except (BadProfile, struct.error, IndexError, zlib.error):
        return None, True, False
    return None, False, False


def _unpacked(named: bytes) -> bytes:
    name, _, rest = named.partition(b"\0")
    if not 0 < len(name) < 80 or rest[:1] != b"\0":
        raise BadProfile
    unpacking = zlib.decompressobj()
    profile = unpacking.decompress(rest[1:], LARGEST_PROFILE)
    if not unpacking.eof:
        raise BadProfile
    return profile


def _from_gamma(gamma: bytes, corners: bytes | None) -> bytes | None:
    (level,) = struct.unpack(">I", gamma)
    points = [value / 100_000 for value in struct.unpack(">8I", corners)] if corners else None
    white, *seen = list(zip(points[::2], points[1::2], strict=True)) if points else [D65, *SRGB]
    if not level or not all(y for _, y in [white, *seen]):
        raise BadProfile
    # the usual value stands for sRGB's own curve, which is no power
    curve: Curve = SRGB_CURVE if 45_000 <= level <= 46_000 else (100_000 / level,)
    return None if curve is SRGB_CURVE and points is None else profile_of(seen, curve, white)

"""Picture files that a generator writes byte by byte, because no picture library would."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

PNG = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, RGBA = 0, 2, 3, 6  # colour types (PNG 3, 11.2.1)


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    width: int,
    height: int,
    *,
    depth: int = 8,
    colour: int = RGB,
    raw: int | bytes = 0,
    before: Iterable[bytes] = (),
    interlaced: bool = False,
    level: int = 9,
) -> bytes:
    """A PNG that says it has that size. `raw`: its rows before compression, or how many zero bytes they are."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))
    return PNG + head + b"".join(before) + chunk(b"IDAT", packed(raw, level)) + chunk(b"IEND", b"")


def packed(raw: int | bytes, level: int = 9) -> bytes:
    """Bytes, or that many zeros, compressed; the zeros are never all in memory."""
    if isinstance(raw, bytes):
        return zlib.compress(raw, level)
    packing, out = zlib.compressobj(level), []
    for at in range(0, raw, 1_000_000):
        out.append(packing.compress(bytes(min(1_000_000, raw - at))))
    return b"".join([*out, packing.flush()])


def tower(height: int = 30_000_000) -> bytes:
    """A grey picture one pixel wide and of many rows: few pixels, and a row of memory for each."""
    return png(1, height, colour=GREY, raw=height * 2, level=1)

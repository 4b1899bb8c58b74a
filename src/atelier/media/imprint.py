"""The settings that travel inside a picture's file, so that it can be repeated from anywhere.

PNG: an iTXt chunk with the keyword `atelier` (W3C PNG 3, 11.3.3.4). JPEG: an XMP segment (Adobe XMP part 3, 1.1.3).
WebP: an `XMP ` chunk (RFC 9649, 2.7.1.4). Bytes are added beside the picture; it is never encoded again.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from html import escape, unescape
from typing import Any

LONGEST = 32_000  # bytes of JSON: one JPEG segment holds less than 65,536
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_OPEN, _CLOSE = b"<atelier:settings>", b"</atelier:settings>"
_NAMESPACE = "urn:atelier:settings"


def write_settings(data: bytes, settings: Mapping[str, Any]) -> bytes:
    """The same picture with `settings` inside; files of other kinds, and settings too long to carry, change nothing."""
    written = json.dumps(settings, ensure_ascii=False, separators=(",", ":"), default=str)
    if not settings or len(written.encode(errors="replace")) > LONGEST:
        return data
    if data.startswith(PNG):
        return _into_png(data, written.encode(errors="replace"))
    if data.startswith(JPEG):
        segment = _XMP + _xmp(written)
        return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _into_webp(data, _xmp(written))
    return data


def read_settings(data: bytes) -> dict[str, Any] | None:
    """The settings inside a picture; None where there are none, or none that can be ours. Never raises."""
    try:
        if data.startswith(PNG):
            found = next(
                (body for name, body in _png_chunks(data) if name == b"iTXt" and body[:8] == b"atelier\0"), b""
            )
            written = found.split(b"\0", 5)[-1] if found[8:10] == b"\0\0" else b""
        elif data.startswith(JPEG):
            written = _from_xmp(next((each for each in _jpeg_segments(data) if each.startswith(_XMP)), b""))
        elif data[:4] == b"RIFF":
            written = _from_xmp(next((body for name, body in _riff_chunks(data) if name == b"XMP "), b""))
        else:
            return None
        return checked(json.loads(written)) if 0 < len(written) <= LONGEST * 6 else None
    except (ValueError, struct.error, IndexError, RecursionError):
        return None


def checked(settings: Any) -> dict[str, Any] | None:
    """`settings` reduced to what we write (tool, model, input), or None unless they are of that shape and storable."""
    if not isinstance(settings, dict) or not isinstance(settings.get("tool"), str):
        return None
    tool, model, asked = settings["tool"], settings.get("model"), settings.get("input")
    kept = {"tool": tool, "model": model if isinstance(model, str) else None, "input": asked}
    if not isinstance(asked, dict) or not all(part.replace("_", "").isalnum() for part in tool.split(".")):
        return None
    written = json.dumps(
        kept, allow_nan=False
    )  # a NaN is no JSON, and PostgreSQL takes neither NUL nor a lone surrogate
    json.dumps(kept, ensure_ascii=False).encode()
    return kept if len(written) <= LONGEST * 2 and len(tool) <= 60 and "\\u0000" not in written else None


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG)
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size


def _into_png(data: bytes, written: bytes) -> bytes:
    body = b"iTXt" + b"atelier\0" + b"\0\0" + b"\0" + b"\0" + written
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    head = len(PNG) + 25  # the signature and IHDR, which must come first
    return data[:head] + chunk + data[head:]


def _jpeg_segments(data: bytes) -> Iterator[bytes]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xD9, 0xDA):
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        yield data[at + 4 : at + 2 + size]
        at += 2 + max(size, 2)


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _riff_chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _into_webp(data: bytes, xmp: bytes) -> bytes:
    chunks = list(_riff_chunks(data))
    if not chunks or chunks[0][0] not in (b"VP8X", b"VP8 ", b"VP8L"):
        return data
    name, body = chunks[0]
    if name == b"VP8X":
        head = bytes([body[0] | 0x04]) + body[1:]
        chunks[0] = (name, head)
    else:
        width, height, alpha = _webp_size(name, body)
        head = bytes([0x04 | (0x10 if alpha else 0), 0, 0, 0])
        head += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks.insert(0, (b"VP8X", head))
    chunks = [each for each in chunks if each[0] != b"XMP "] + [(b"XMP ", xmp)]
    inner = b"WEBP" + b"".join(_riff_chunk(*each) for each in chunks)
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def webp_canvas(data: bytes) -> tuple[int, int]:
    """(width, height) in pixels that a WebP says it has; raises `ValueError` where it says none."""
    name, body = next(_riff_chunks(data), (b"", b""))
    if name == b"VP8X" and len(body) >= 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if name not in (b"VP8 ", b"VP8L") or len(body) < 10:
        raise ValueError
    return _webp_size(name, body)[:2]


def _webp_size(name: bytes, body: bytes) -> tuple[int, int, bool]:
    if name == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF, False


def _xmp(written: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:atelier="{_NAMESPACE}">{_OPEN.decode()}{escape(written)}{_CLOSE.decode()}'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode(errors="replace")


def _from_xmp(xmp: bytes) -> bytes:
    return unescape(xmp.partition(_OPEN)[2].partition(_CLOSE)[0].decode()).encode()

"""What members bring: checked against what it claims, decoded, and encoded again, so that only pixels come in.

Each reason to refuse has its own code and sentence; whatever is refused leaves nothing behind.
"""

from __future__ import annotations

import io
import re
from collections.abc import AsyncGenerator
from typing import Any, ClassVar, NamedTuple

from fastapi import Request
from PIL import Image, UnidentifiedImageError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from atelier.assets.imprint import read_settings
from atelier.assets.pictures import FORMATS, encode_again, type_of
from atelier.base.errors import AtelierError

LARGEST = 20_000_000  # bytes
MOST_PIXELS = 50_000_000
MOST_RATIO = 1500  # decoded bytes for each stored one: above what a real picture of that size reaches
SMALL_PIXELS = 4_000_000  # below this no ratio is dangerous
OVERHEAD = 100_000  # what the multipart form may add to its file


class Refused(AtelierError):
    """A file that the library doesn't take."""

    status: ClassVar[int] = 422

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message, field="file", **details)


class FileMissing(Refused):
    """The form came without a file."""

    code = "file_missing"


class FileEmpty(Refused):
    """A file of no bytes."""

    code = "file_empty"


class FileTooLarge(Refused):
    """More bytes than we take."""

    code = "file_too_large"
    status = 413


class FileUnsupported(Refused):
    """No kind of file that we take."""

    code = "file_unsupported"
    status = 415


class FileActive(Refused):
    """A document that can carry a program (SVG, HTML, PDF)."""

    code = "file_active"
    status = 415


class FileLies(Refused):
    """The file is of another type than it says."""

    code = "file_lies"


class FilePolyglot(Refused):
    """A picture that is something else as well."""

    code = "file_polyglot"


class PictureDamaged(Refused):
    """A picture that ends too soon, or cannot be decoded."""

    code = "picture_damaged"


class PictureTooLarge(Refused):
    """More pixels than we decode."""

    code = "picture_too_large"


class PictureBomb(Refused):
    """A small file that would unpack into a huge picture."""

    code = "picture_bomb"


class Brought(NamedTuple):
    """A picture from outside, made anew: bytes, type, and the settings that a picture of this studio still carried."""

    data: bytes
    content_type: str
    settings: dict[str, Any]


class Upload(NamedTuple):
    """One file of a form, as its sender describes it."""

    data: bytes
    name: str
    content_type: str
    title: str = ""


_ACTIVE = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*(?:<|%PDF-)")
_HIDDEN = re.compile(rb"<script[\s>/]|<html[\s>]|<!doctype\s|<\?php\s|<svg\s+[\w:]+\s*=|<iframe\s", re.IGNORECASE)


def accept(data: bytes, claimed: str = "") -> Brought:
    """Check a file that claims to be of a content type (empty: claims nothing) and make it anew; raises `Refused`.

    Takes PNG, JPEG and WebP. Position, camera and comments are lost with the old file; turned photographs are turned.
    """
    if not data:
        raise FileEmpty("This file is empty. Nothing was added.")
    if len(data) > LARGEST:
        raise _too_large()
    if _ACTIVE.match(data[:1024]):
        raise FileActive("Documents that can carry programs, like SVG, HTML and PDF, stay outside. Bring a picture.")
    found = _opened(data)
    claim = claimed.partition(";")[0].strip().lower().replace("image/jpg", "image/jpeg")
    if claim not in ("", "application/octet-stream", type_of(found)):
        raise FileLies(f"This file says it is {claim}, but it is {type_of(found)}. Nothing was added.")
    if b"%PDF-" in data[:1024] or _HIDDEN.search(data) or _carries_zip(data):
        raise FilePolyglot("This picture carries another document inside. Save it again as a plain picture.")
    width, height = found.size
    if width * height > MOST_PIXELS:
        raise PictureTooLarge(
            f"This picture has {width * height / 1e6:,.0f} million pixels; the library takes up to 50 million."
        )
    if width * height > SMALL_PIXELS and width * height * 3 > len(data) * MOST_RATIO:
        raise PictureBomb("This small file would unpack into a huge picture, so it was not opened.")
    try:
        found.load()
        again, content_type = encode_again(found)
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, MemoryError, IndexError) as error:
        raise PictureDamaged("This picture is damaged or incomplete. Nothing was added.") from error
    return Brought(again, content_type, read_settings(data) or {})


def _opened(data: bytes) -> Image.Image:
    """The picture with only its head read; its size comes from there."""
    try:
        return Image.open(io.BytesIO(data), formats=tuple(FORMATS))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureTooLarge("This picture has too many pixels; the library takes up to 50 million.") from None
    except UnidentifiedImageError:
        if any(data.startswith(sign) for sign in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or data[8:12] == b"WEBP":
            raise PictureDamaged("This picture is damaged or incomplete. Nothing was added.") from None
        raise FileUnsupported("The library takes PNG, JPEG and WebP pictures. This file is something else.") from None
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError) as error:
        raise PictureDamaged("This picture is damaged or incomplete. Nothing was added.") from error


def _carries_zip(data: bytes) -> bool:
    """Whether the end of a zip archive, whose index is read from behind, points to entries inside the file."""
    return b"PK\x05\x06" in data[-66_000:] and b"PK\x01\x02" in data


def _too_large() -> FileTooLarge:
    return FileTooLarge("This file is larger than 20 MB, which is the most that the library takes. Nothing was added.")


class _InMemory(MultiPartParser):
    """Keeps the form's one file in memory: it is bounded, and must not touch a disk before it is checked."""

    spool_max_size = LARGEST + OVERHEAD


async def receive(request: Request) -> Upload:
    """The file of a multipart form's field `file`; stops reading as soon as there is more of it than we take."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise FileMissing("Send the file as multipart/form-data in the field “file”.")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > LARGEST + OVERHEAD:
        await _drain(request)
        raise _too_large()
    parser = _InMemory(Headers(scope=request.scope), _counted(request), max_files=1, max_fields=10)
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError, KeyError) as error:
        raise FileMissing("The form with the file could not be read.") from error
    found = form.get("file")
    try:
        if not isinstance(found, UploadFile):
            raise FileMissing("Choose a file first.")
        data = await found.read()
    finally:
        await form.close()
    title = form.get("title")
    return Upload(data, found.filename or "", found.content_type or "", title if isinstance(title, str) else "")


async def _counted(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST + OVERHEAD:
            raise _too_large()
        yield chunk


async def _drain(request: Request) -> None:
    """Read a little of what is refused, because a browser shows the answer only once it has sent its file."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST * 4:
            return

"""What members bring: the body of an upload goes to a nameless file on the disk, and is opened by a process of its own.

Only what that process writes anew comes into the library: pixels in sRGB, the picture and sound streams of a recording,
plain text, checked tensors, and the settings that a picture of this studio carries. Nothing else of the file is kept.
"""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from fastapi import Request
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from atelier.assets import credentials
from atelier.assets.credentials import Identity
from atelier.assets.keep import Laid
from atelier.assets.store import Store, translated
from atelier.base.file_limits import Limits
from atelier.base.kinds import IMAGE, Kind, kind_of, kinds, recognise
from atelier.media.notes import Note
from atelier.media.pool import POOL
from atelier.media.refusals import FileActive, FileEmpty, FileMissing, FileTooLarge, FileUnsupported, Refused

MEGABYTE = 1_000_000
OVERHEAD = 100_000  # what the multipart form may add to its file
DRAINED = 80 * MEGABYTE  # of what is refused, so that a browser gets to see the answer
HEAD = 1024  # bytes by which a file is recognised
_ACTIVE = (b"<", b"%PDF-")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

__all__ = ["Brought", "Refused", "Upload", "accept", "receive"]


class Upload(NamedTuple):
    """One file of a form, on the disk, and what its sender calls it."""

    file: BinaryIO
    name: str
    title: str = ""
    key: str = ""  # of the form that it came with


class Brought(NamedTuple):
    """A file from outside, made anew in nameless files, and what its owner should know."""

    laid: Laid
    settings: dict[str, Any]
    notes: tuple[Note, ...]


async def accept(
    store: Store,
    member_id: UUID,
    file: BinaryIO,
    limits: Limits,
    *,
    name: str = "",
    identity: Identity | None = None,
) -> Brought:
    """Make an uploaded file anew, by its content; raises `Refused` or `StorageFull`. Close what is returned.

    Only text is known by its name. Position, camera, names and comments are lost with the old file. With
    an `identity`, a picture that has Content Credentials keeps them as those of its parent.
    """
    size = file.seek(0, io.SEEK_END)
    if not size:
        raise FileEmpty("This file is empty. Nothing was added.")
    file.seek(0)
    head = file.read(HEAD)
    if head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(_ACTIVE):
        raise FileActive("Documents that can carry programs, like SVG, HTML and PDF, stay outside.")
    found = recognise(head, name)
    if found is None:
        if size > _largest(limits, IMAGE):
            raise _too_large(limits, IMAGE)
        taken = "; ".join(kind.formats for kind in kinds().values() if kind.verb)
        raise FileUnsupported(f"The library does not take this kind of file. It takes {taken}. Nothing was added.")
    kind, content_type = found
    if size > _largest(limits, kind):
        raise _too_large(limits, kind)
    laid = Laid(store.spool(), store.spool())
    given: dict[str, Any] = {"content_type": content_type}
    given["limits"] = {name: dict(units) for name, units in limits.items()}
    if identity is not None:
        given["credentials"] = credentials.brought(identity)
    try:
        sign = identity.sign if identity is not None else None
        facts = await POOL.run(member_id, kind.verb, [file, laid.file, laid.thumb], given, sign=sign)
        kind = kind_of(facts["content_type"])  # a film without pictures is a sound
        if size > _largest(limits, kind):
            raise _too_large(limits, kind)
    except OSError as error:
        laid.close()
        raise translated(error) from error
    except BaseException:
        laid.close()
        raise
    return Brought(
        laid.measured(facts), facts.get("settings", {}), tuple(Note(note) for note in facts.get("notes", ()))
    )


def _largest(limits: Limits, kind: Kind) -> int:
    return limits[kind.id]["megabytes"] * MEGABYTE


def _too_large(limits: Limits, kind: Kind) -> FileTooLarge:
    most = limits[kind.id]["megabytes"]
    return FileTooLarge(
        f"This file is larger than {most:,} MB, which is the most that the library takes of a {kind.one}. "
        "Nothing was added."
    )


class _Spooled(MultiPartParser):
    """Writes the form's one file to the disk as it comes, up to the limit of its kind; it is never in memory."""

    def __init__(self, store: Store, limits: Limits, headers: Headers, stream: AsyncGenerator[bytes, None]) -> None:
        super().__init__(headers, stream, max_files=1, max_fields=10)
        self._store, self._limits = store, limits
        self._head, self._size = b"", 0

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        if (part := self._current_part.file) is not None:
            part.file.close()
            part.file = self._store.spool()
            self._files_to_close_on_error[-1] = part.file  # type: ignore[call-overload]  # any file that closes

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if (part := self._current_part.file) is not None:
            self._size += end - start
            if len(self._head) < HEAD:
                self._head += data[start : min(end, start + HEAD - len(self._head))]
            kind = (recognise(self._head, part.filename or "") or (IMAGE, ""))[0]
            if self._size > _largest(self._limits, kind):
                self.close()
                raise _too_large(self._limits, kind)
        super().on_part_data(data, start, end)

    def close(self) -> None:
        for file in self._files_to_close_on_error:
            file.close()


async def receive(request: Request, store: Store, limits: Limits) -> Upload:
    """The file of a multipart form's field `file`; stops reading as soon as there is more of it than we take."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise FileMissing("Send the file as multipart/form-data in the field “file”.")
    largest = max((kind for kind in kinds().values() if kind.verb), key=lambda kind: _largest(limits, kind))
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > _largest(limits, largest) + OVERHEAD:
        await _drain(request)
        raise _too_large(limits, largest)
    parser = _Spooled(store, limits, Headers(scope=request.scope), _counted(request))
    try:
        form = await parser.parse()
    except FileTooLarge:
        await _drain(request)
        raise
    except (MultiPartException, ValueError, KeyError) as error:
        raise FileMissing("The form with the file could not be read.") from error
    except OSError as error:
        raise translated(error) from error
    found = form.get("file")
    if not isinstance(found, UploadFile):
        await form.close()
        raise FileMissing("Choose a file first.")
    title, key = (value if isinstance(value, str) else "" for value in (form.get("title"), form.get("once")))
    return Upload(found.file, found.filename or "", title, key)


async def _counted(request: Request) -> AsyncGenerator[bytes, None]:
    async for chunk in request.stream():
        yield chunk


async def _drain(request: Request) -> None:
    """Read a little of what is refused, because a browser shows the answer only once it has sent its file."""
    size, said = 0, request.headers.get("content-length", "")
    if not said.isdigit() or int(said) > DRAINED:
        return
    async for chunk in request.stream():
        size += len(chunk)
        if size > DRAINED:
            return

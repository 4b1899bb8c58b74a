"""Where files lie: a folder, or a bucket at S3, Google or Azure, behind the same few verbs."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import unquote, urlsplit

import obstore
from obstore import exceptions
from obstore.store import LocalStore, MemoryStore, from_url

from atelier.base.clock import now
from atelier.base.errors import AtelierError, NotFound, Unavailable

CHUNK = 256 * 1024
LEAST_ROOM = 32 * 1024 * 1024  # bytes; with less a single upload may not fit any more
TRIED_EVERY = 5.0  # seconds between two tries whether the store can be written to
PART = 5 * 1024 * 1024  # the least that S3 takes as a part of a large file
LARGE_AT_ONCE = 3  # files that are written in parts, each of which takes memory
_FULL = re.compile(r"StorageFull|No space left|QuotaExceeded|Disk quota|InsufficientStorage|os error (28|122)\b")
_READ_ONLY = re.compile(r"Read-only file system|os error 30\b")
_STAGED = re.compile(r"#\d+$")  # how obstore names a file that it is still writing


class StorageFull(AtelierError):
    """There is no room for another file; nothing of it was kept."""

    code = "storage_full"
    status = 507
    retry = True
    retry_after = 60

    def __init__(self) -> None:
        super().__init__("The studio's storage is full, so the file could not be kept. Its operator has to make room.")


class StorageBroken(Unavailable):
    """The store does not answer, or refuses us."""

    code = "storage_unavailable"

    def __init__(self, reason: str = "") -> None:
        super().__init__("The studio's storage does not answer just now. Try again in a moment.", reason=reason)


class StorageReadOnly(Unavailable):
    """Files can be read from the store, and none can be written."""

    code = "storage_read_only"
    retry_after = 60

    def __init__(self) -> None:
        super().__init__("The studio's storage can only be read just now, so the file was not kept. Try again later.")


class BadStore(AtelierError):
    """The address of the store is one that we cannot use; the message says why."""

    code = "bad_store"
    status = 500


class Found(NamedTuple):
    """One stored file as a listing sees it."""

    path: str
    size: int
    at: datetime


class Store:
    """Files by path. A write is all or nothing; a file that is there is whole."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.folder: Path | None = backend.prefix if isinstance(backend, LocalStore) else None
        self.remote = not isinstance(backend, LocalStore | MemoryStore)
        self._tried: tuple[float, AtelierError | None] | None = None
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    @classmethod
    def open(cls, where: str | Path) -> Store:
        """The store at a URL (`s3://bucket/prefix`, `gs://…`, `az://…`, `memory:///`), or in a folder, made if missing.

        Credentials of a cloud come from its own environment variables.
        """
        try:
            if "://" in str(where) and not str(where).startswith("file://"):
                return cls(from_url(str(where)))
            folder = Path(unquote(urlsplit(str(where)).path) if str(where).startswith("file://") else where).resolve()
            folder.mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(folder, automatic_cleanup=True))
        except (exceptions.BaseError, ValueError, OSError) as error:
            raise BadStore(f"The files' store cannot be opened: {_first_line(error)}") from error

    async def put(self, path: str, data: bytes, content_type: str) -> None:
        """Write a whole file; it survives a crash from the moment that this returns."""
        # a folder keeps no attributes: there the row alone says what a file is
        attributes: Any = None if self.folder else {"Content-Type": content_type, "Cache-Control": "private"}
        try:
            await obstore.put_async(self._backend, path, data, attributes=attributes, use_multipart=False)
            if self.folder:
                await asyncio.to_thread(_to_disk, self.folder / path)
        except (exceptions.BaseError, OSError) as error:
            raise translated(error) from error

    async def write(self, path: str, chunks: AsyncIterator[bytes], content_type: str) -> None:
        """Write a file of any size from its chunks, holding a few of them; all of it appears or nothing.

        What `chunks` raises comes out as it is.
        """
        attributes: Any = None if self.folder else {"Content-Type": content_type, "Cache-Control": "private"}
        reading = _Reading(chunks)
        try:
            await obstore.put_async(
                self._backend,
                path,
                reading,
                attributes=attributes,
                use_multipart=True,
                chunk_size=PART,
                max_concurrency=2,
            )
            if self.folder:
                await asyncio.to_thread(_to_disk, self.folder / path)
        except Exception as error:
            if reading.broke is not None:
                raise reading.broke from None
            if isinstance(error, exceptions.BaseError | OSError):
                raise translated(error) from error
            raise

    def spool(self, data: bytes = b"") -> BinaryIO:
        """A file without a name that begins with `data`: on the folder's own disk, and gone as soon as it is closed."""
        file = cast(BinaryIO, tempfile.TemporaryFile(dir=self.folder))  # noqa: SIM115  # its taker closes it
        try:
            file.write(data)
            file.flush()
        except OSError as error:
            with contextlib.suppress(OSError):  # what is left in its buffer cannot be written either
                file.close()
            raise translated(error) from error
        return file

    async def put_file(self, path: str, file: BinaryIO, content_type: str) -> None:
        """Write all of an open file, holding little of it in memory."""
        if file.seek(0, io.SEEK_END) <= PART:
            file.seek(0)
            await self.put(path, await asyncio.to_thread(file.read), content_type)
            return
        file.seek(0)
        async with self._large:
            await self.write(path, _chunks(file), content_type)

    async def get(self, path: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from `start` up to `end`; raises `NotFound`."""
        return b"".join([chunk async for chunk in self.stream(path, start, end)])

    async def stream(self, path: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The same bytes in chunks, holding one at a time."""
        if end is not None and end <= start:
            return
        try:
            part: Any = {"range": {"offset": start} if end is None else (start, end)} if start or end else None
            found = await obstore.get_async(self._backend, path, options=part)
            async for chunk in found.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)
        except FileNotFoundError:
            raise NotFound("file") from None
        except (exceptions.BaseError, OSError) as error:
            raise translated(error) from error

    async def local(self, path: str, folder: Path) -> Path:
        """The file on this machine's disk, to read only: where it lies, or a copy in `folder`; raises `NotFound`."""
        if self.folder is not None:
            if not await asyncio.to_thread((self.folder / path).is_file):
                raise NotFound("file")
            return self.folder / path
        copy = folder / path.replace("/", "-")
        with await asyncio.to_thread(copy.open, "wb") as file:
            async for chunk in self.stream(path):
                await asyncio.to_thread(file.write, chunk)
        return copy

    async def delete(self, *paths: str) -> None:
        """Delete files; one that is not there is no error."""
        for path in paths:
            try:
                await obstore.delete_async(self._backend, path)
            except FileNotFoundError:
                continue
            except (exceptions.BaseError, OSError) as error:
                raise translated(error) from error

    async def list(self, prefix: str = "", size: int = 1000) -> AsyncIterator[list[Found]]:
        """All files under `prefix`, `size` at a time."""
        try:
            async for chunk in obstore.list(self._backend, prefix or None, chunk_size=size):
                yield [Found(each["path"], each["size"], each["last_modified"]) for each in chunk]
        except (exceptions.BaseError, OSError) as error:
            raise translated(error) from error

    async def link(self, path: str, lasts: timedelta) -> str:
        """The cloud's own signed link to a file; only where `remote`."""
        return await obstore.sign_async(self._backend, "GET", path, lasts)

    async def room(self) -> int | None:
        """How many bytes are free on the folder's disk; None where nobody can tell."""
        return (await asyncio.to_thread(shutil.disk_usage, self.folder)).free if self.folder else None

    async def drop_unfinished(self, before: datetime, under: str = "") -> int:
        """Delete what killed processes left half written in a folder, and say how many; a cloud does that by itself."""
        return await asyncio.to_thread(_drop_unfinished, self.folder, under, before) if self.folder else 0

    async def check(self) -> None:
        """Write, read and delete a small file, to know that the store works; raises what is wrong."""
        path = f"checks/{now():%Y%m%d%H%M%S%f}"
        await self.put(path, b"atelier", "text/plain")
        if await self.get(path) != b"atelier":
            raise StorageBroken("what was written reads back differently")
        await self.delete(path)

    async def trouble(self) -> AtelierError | None:
        """Why nothing can be kept just now: what `check` raises, or too little room. Looked at every few seconds."""
        if self._tried is None or time.monotonic() - self._tried[0] > TRIED_EVERY:
            try:
                await self.check()
                room = await self.room()
                found: AtelierError | None = StorageFull() if room is not None and room < LEAST_ROOM else None
            except AtelierError as error:
                found = error
            except OSError as error:
                found = translated(error)
            self._tried = time.monotonic(), found
        return self._tried[1]


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, CHUNK):
        yield chunk


class _Reading:
    """An iterator that remembers what broke it, because the store's library says only that something did."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.broke: BaseException | None = None

    def __aiter__(self) -> _Reading:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            raise
        except BaseException as error:
            self.broke = error
            raise


def _to_disk(path: Path) -> None:
    """Make a file and its name survive a power cut."""
    for each in (path, path.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError:
            path.unlink(missing_ok=True)  # some disks say only here that they are full
            raise
        finally:
            os.close(handle)


def _drop_unfinished(root: Path, under: str, before: datetime) -> int:
    dropped = 0
    for path in list((root / under).rglob("*#*")):
        if _STAGED.search(path.name) and path.is_file() and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            dropped += 1
            with contextlib.suppress(OSError):  # up to the first folder that still holds something
                for above in path.relative_to(root).parents[:-1]:
                    (root / above).rmdir()
    return dropped


def translated(error: Exception) -> AtelierError:
    """What went wrong below, as an expected error: full, or not answering."""
    if _READ_ONLY.search(str(error)):
        return StorageReadOnly()
    return StorageFull() if _FULL.search(str(error)) else StorageBroken(_first_line(error))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]

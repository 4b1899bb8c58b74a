"""Fetching a model: each file from the first source that has it, checked by its hash before it gets its name."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from atelier.base.errors import AtelierError, Conflict
from atelier.base.outgoing import Outgoing
from atelier.base.whole import write_whole
from atelier.engines.weights.manifest import File, Manifest, Source
from atelier.engines.weights.sources import SourceFails, bring
from atelier.engines.weights.whole import LICENCE, SUMS

SPARE = 256 << 20  # bytes that stay free on the disk
TICK = 0.3  # seconds between two reports


class NotFetched(AtelierError):
    """A file came from none of its sources; the message says why of each."""

    code = "weights_not_fetched"
    status = 502


class NoRoom(AtelierError):
    """The disk has no room for the model."""

    code = "disk_full"
    status = 507


class Fetched(Conflict):
    """Another process fetches this model already."""

    code = "weights_being_fetched"


@dataclass(frozen=True, slots=True)
class Fetching:
    """How far a fetch is: bytes that are there of all bytes, and the file that is being fetched."""

    done: int
    total: int
    path: str


async def fetch(
    manifest: Manifest, folder: Path, outgoing: Outgoing, tell: Callable[[Fetching], None] = lambda _: None
) -> None:
    """Bring all files of a model into `folder`; those that lie there whole are not fetched again.

    Cancelled or killed, it goes on from there when it is called again. Raises `NotFetched`, `NoRoom`, and `Fetched`
    while another process is at it.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with _alone(folder, manifest.name):
        missing = [each for each in manifest.file if not await asyncio.to_thread(_whole, folder / each.path, each)]
        _check_room(folder, missing)
        done = manifest.bytes - sum(each.bytes for each in missing)
        for file in missing:
            partial = _partial(folder, file)
            async with _watched(partial, Fetching(done, manifest.bytes, file.path), tell):
                await _fetch(file, folder, partial, outgoing)
            done += file.bytes
            tell(Fetching(done, manifest.bytes, file.path))
        sums = "".join(f"{each.sha256}  {each.path}\n" for each in manifest.file)
        await asyncio.to_thread(write_whole, folder / LICENCE, f"{manifest.licence}\n".encode())
        await asyncio.to_thread(write_whole, folder / SUMS, sums.encode())


def remove(folder: Path, name: str) -> int:
    """Delete a model's folder with all that was fetched; how many bytes that were. Blocks while it does."""
    if not folder.is_dir():
        return 0
    with _alone(folder, name):
        freed = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
        shutil.rmtree(folder)
    return freed


async def _fetch(file: File, folder: Path, partial: Path, outgoing: Outgoing) -> None:
    await asyncio.to_thread(partial.parent.mkdir, parents=True, exist_ok=True)
    reasons: list[str] = []
    for source in file.sources:
        try:
            await _bring(source, partial, file, outgoing)
            if await asyncio.to_thread(_whole, partial, file):
                await asyncio.to_thread(os.replace, partial, folder / file.path)
                return
            reasons.append(f"{_named(source)}: what came is another file (its SHA-256 or size differs)")
            await asyncio.to_thread(partial.unlink, missing_ok=True)
        except SourceFails as error:
            reasons.append(f"{_named(source)}: {error}")
        except OSError as error:
            raise NoRoom(f"{file.path} cannot be written: {error.strerror or error}.") from error
    raise NotFetched(f"{file.path} could not be fetched. " + " · ".join(reasons))


async def _bring(source: Source, partial: Path, file: File, outgoing: Outgoing) -> None:
    if isinstance(source, str):
        await bring(source, partial, file.bytes, outgoing)
        return
    part = partial.with_name(f"{partial.name}.part")
    await asyncio.to_thread(partial.unlink, missing_ok=True)
    for each in source:
        await asyncio.to_thread(part.unlink, missing_ok=True)
        await bring(each, part, file.bytes, outgoing)
        await asyncio.to_thread(_append, part, partial)
    await asyncio.to_thread(part.unlink)


def _append(part: Path, whole: Path) -> None:
    with part.open("rb") as source, whole.open("ab") as out:
        shutil.copyfileobj(source, out)


@asynccontextmanager
async def _watched(partial: Path, before: Fetching, tell: Callable[[Fetching], None]) -> AsyncIterator[None]:
    """Tell how far the fetch is, again and again, by the size of the file that comes."""

    async def look() -> None:
        while True:
            await asyncio.sleep(TICK)
            size = await asyncio.to_thread(_size, partial)
            tell(replace(before, done=before.done + size))

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """One process at a time changes a model's folder; the lock ends with the process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Fetched(f"{name} is being fetched by another process just now.") from None
    finally:
        os.close(handle)


def _check_room(folder: Path, missing: list[File]) -> None:
    needed = sum(each.bytes - _size(_partial(folder, each)) for each in missing)
    free = shutil.disk_usage(folder).free
    if missing and needed + SPARE > free:
        raise NoRoom(f"The disk has {free // 1_000_000:,} MB free; these weights need {needed // 1_000_000:,} MB more.")


def _partial(folder: Path, file: File) -> Path:
    """What of a file is there so far; another version of the file has another name."""
    target = folder / file.path
    return target.with_name(f".{target.name}.{file.sha256[:12]}.partial")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _whole(path: Path, file: File) -> bool:
    if _size(path) != file.bytes:
        return False
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256


def _named(source: Source) -> str:
    return source if isinstance(source, str) else f"{source[0]} and {len(source) - 1} more"

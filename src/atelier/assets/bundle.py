"""Many files as one zip archive, written while it is sent: stored as they are, and never whole anywhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime

from atelier.assets.naming import name_of
from atelier.assets.store import Store
from atelier.assets.tables import Asset
from atelier.base.errors import NotFound


class Outlet(io.RawIOBase):
    """Takes what the archive writes until it is sent on; it cannot be rewound, so sizes follow each file."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        written = bytes(data)  # type: ignore[call-overload]  # any buffer
        self._waiting += written
        return len(written)

    def take(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def entry(name: str, at: datetime, *, size: int = 0, packed: bool = False) -> zipfile.ZipInfo:
    """What an archive says of one file. A zip archive knows no year before 1980."""
    made = zipfile.ZipInfo(name, max(at.timetuple()[:6], (1980, 1, 1, 0, 0, 0)))
    made.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    made.external_attr = 0o644 << 16
    made.file_size = size
    return made


async def add_stored(
    archive: zipfile.ZipFile, outlet: Outlet, store: Store, path: str, of: zipfile.ZipInfo
) -> AsyncGenerator[bytes]:
    """Write one stored file into `archive`, and yield what can be sent; nothing at all for a file that is missing.

    Close it (`aclosing`) where it may not come to its end: it has the archive open.
    """
    chunks = store.stream(path)
    try:
        first = await anext(chunks, b"")
    except NotFound:
        return
    with archive.open(of, "w", force_zip64=True) as out:
        out.write(first)
        yield outlet.take()
        async for chunk in chunks:
            out.write(chunk)
            yield outlet.take()


async def bundle(store: Store, assets: Sequence[Asset]) -> AsyncIterator[bytes]:
    """The archive of `assets` in chunks; a file that is lost meanwhile is left out, the others come."""
    outlet = Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for asset in assets:
            of = entry(name_of(asset), asset.created_at, size=asset.bytes)
            async with aclosing(add_stored(archive, outlet, store, asset.path, of)) as chunks:
                async for chunk in chunks:
                    yield chunk
    yield outlet.take()

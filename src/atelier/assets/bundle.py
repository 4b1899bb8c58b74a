"""Many files as one zip archive, written while it is sent: stored as they are, and never whole anywhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Sequence

from atelier.assets.files import name_of
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


async def bundle(store: Store, assets: Sequence[Asset]) -> AsyncIterator[bytes]:
    """The archive of `assets` in chunks; a file that is lost meanwhile is left out, the others come."""
    outlet = Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for asset in assets:
            chunks = store.stream(asset.path)
            try:
                first = await anext(chunks, b"")
            except NotFound:
                continue
            entry = zipfile.ZipInfo(name_of(asset), asset.created_at.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            entry.file_size = asset.bytes
            with archive.open(entry, "w") as out:
                out.write(first)
                yield outlet.take()
                async for chunk in chunks:
                    out.write(chunk)
                    yield outlet.take()
    yield outlet.take()

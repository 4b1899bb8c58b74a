"""Sends files to whoever holds a signed link. Nothing that it sends can run in a browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from atelier.assets.library import get
from atelier.assets.naming import name_of
from atelier.assets.request import Shelf
from atelier.assets.tables import Asset
from atelier.base.db import Acting
from atelier.base.ids import parse_id
from atelier.base.kinds import AUDIO, IMAGE, VIDEO
from atelier.base.text import ascii_words
from atelier.limits.limit import FILES
from atelier.web.access import Access
from atelier.web.parts import Here
from atelier.web.routes import Routes

routes = Routes(tags=["files"])
SHOWN = frozenset({IMAGE.id, AUDIO.id, VIDEO.id})
# what stands in our pages comes through us, since their policy shows nothing of another origin
EMBEDDED = frozenset({"image", "audio", "video"})
LINKED = 3600  # seconds that a bucket's own link lasts
SANDBOX = "sandbox; default-src 'none'"
NOTHING = (0, 0)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@routes.get(
    "/files/{asset_id}/{variant}",
    access=Access.SIGNATURE,
    limit=FILES,
    response_class=Response,
    responses={200: {"content": {"image/*": {}, "application/octet-stream": {}}}, 206: {}, 304: {}, 416: {}},
)
async def file(request: Request, here: Here, shelf: Shelf, asset_id: str, variant: str) -> Response:
    """A file or its thumbnail, whole or the asked range of it, for as long as the link lasts."""
    id = parse_id(asset_id, "file")
    member_id, left = shelf.links.read(id, variant, request.query_params)
    async with here.web_db.transaction(Acting.member(member_id)) as db:
        asset = await get(db, id)
    thumb = variant == "thumb" and asset.thumb_path is not None
    path = asset.thumb_path if thumb and asset.thumb_path else asset.path
    if shelf.store.remote and request.headers.get("sec-fetch-dest") not in EMBEDDED:
        signed = await shelf.store.link(path, timedelta(seconds=LINKED))
        return RedirectResponse(signed, 302, {"Cache-Control": "no-store"})
    headers = _headers(asset, thumb, left, download="download" in request.query_params)
    if headers["ETag"] in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if thumb:
        return Response(await shelf.store.get(path), headers=headers, media_type="image/webp")
    asked = request.headers.get("range", "")
    part = None
    if asked and request.headers.get("if-range", headers["ETag"]) == headers["ETag"]:
        part = asked_range(asked, asset.bytes)
    if part == NOTHING:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{asset.bytes}"})
    start, end = part or (0, asset.bytes)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{asset.bytes}"
    chunks = shelf.store.stream(path, start, end)
    # the first chunk is read before the answer begins, so that a lost file is a 404 and no broken download
    first = await anext(chunks, b"")
    return StreamingResponse(_after(first, chunks), 206 if part else 200, headers, asset.content_type)


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """What a Range header asks for, as (start, end beyond); None means everything, `NOTHING` that there is none of it.

    One range only (RFC 9110, 14.2 lets a server ignore the header, as we do with several).
    """
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    return (start, end) if start < end else NOTHING


def _headers(asset: Asset, thumb: bool, left: int, *, download: bool) -> dict[str, str]:
    shown = thumb or asset.kind in SHOWN
    name = name_of(asset)
    plain = ascii_words(name).strip("-")
    return {
        "Cache-Control": f"private, max-age={left}, immutable",
        "ETag": f'"{asset.sha256[:32]}{"-thumb" if thumb else ""}"',
        "Accept-Ranges": "none" if thumb else "bytes",
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'{"inline" if shown and not download else "attachment"}; filename="{plain}"; '
        f"filename*=UTF-8''{quote(name)}",
    }


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


async def _after(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk

"""The page that checks a file's Content Credentials: who signed it, how it was made, and whether it is unchanged."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from fastapi import Request, Response

from atelier.assets.credentials.certificates import fingerprint
from atelier.assets.library import get
from atelier.assets.request import Shelf
from atelier.assets.shelf import Assets
from atelier.assets.tables import Asset
from atelier.assets.tiles import tile
from atelier.base.db import Acting
from atelier.base.errors import NotFound
from atelier.base.ids import parse_id
from atelier.limits.limit import GENERAL
from atelier.media.pool import POOL
from atelier.web.access import Access
from atelier.web.parts import Here, Me
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.get("/library/{asset_id}/credentials", access=Access.MEMBER, limit=GENERAL)
async def credentials_page(asset_id: str, request: Request, here: Here, shelf: Shelf, me: Me) -> Response:
    """What a file's Content Credentials say, checked now against the file as it is stored."""
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        asset = await get(db, parse_id(asset_id, "picture"))
    anchors = await shelf.credentials.authorities(here.web_db)
    found = await _checked(shelf, asset, "".join(anchors))
    return here.templates.page(
        request,
        "assets/credentials.html",
        shown=tile(asset, shelf),
        asset=asset,
        found=found,
        fingerprint=fingerprint(anchors[0]) if anchors else "",
    )


@routes.get("/credentials/authorities.pem", access=Access.PUBLIC, limit=GENERAL)
async def authorities(here: Here, shelf: Shelf) -> Response:
    """The certificates that a reader elsewhere trusts to recognise what this studio signed, PEM."""
    if not (found := await shelf.credentials.authorities(here.web_db)):
        raise NotFound("certificate", "This studio has not signed anything yet.")
    return Response("".join(found), media_type="application/x-pem-file")


async def _checked(shelf: Assets, asset: Asset, anchors: str) -> dict[str, Any] | None:
    """What `media.credentials.read` says of the stored file; None where it carries no credentials."""
    if not asset.measures.get("credentials"):
        return None
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        path = await shelf.store.local(asset.path, folder)
        file = opened.enter_context(await asyncio.to_thread(path.open, "rb"))
        given = {"content_type": asset.content_type, "anchors": anchors}
        answer = await POOL.run(asset.member_id, "read_credentials", [file], given)
    found: dict[str, Any] | None = answer["credentials"]
    return found

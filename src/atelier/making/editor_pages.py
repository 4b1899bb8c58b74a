"""The editor: a canvas over one picture of the library, with masks, classical edits, and changes by words."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import select

from atelier import ledger
from atelier.assets import Asset
from atelier.assets.lineage import versions_of
from atelier.assets.tiles import tile, tiles
from atelier.base.errors import NotFound
from atelier.base.ids import parse_id
from atelier.base.kinds import IMAGE
from atelier.catalog import switched_off
from atelier.limits.limit import PAGES
from atelier.spine.request import OpenStudio
from atelier.tools.image_edit import MOST_EXTENDED, ImageEdit
from atelier.tools.image_retouch import LOOKS, ImageRetouch
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.get("/edit/{asset_id}", access=Access.MEMBER, limit=PAGES)
async def editor(asset_id: str, request: Request, here: Here, me: Me, db: Db, studio: OpenStudio) -> Response:
    """One picture on a canvas, what can be done to it, and its versions."""
    there = select(Asset).where(
        Asset.id == parse_id(asset_id, "picture"), Asset.deleted_at.is_(None), Asset.kind == IMAGE.id
    )
    asset = (await db.execute(there)).scalar_one_or_none()
    if asset is None:
        raise NotFound("picture")
    off = await switched_off(db)
    catalog = studio.catalog.current
    models = [model for model in catalog.ready(ImageEdit.id) if model.id not in off]
    versions = await versions_of(db, asset.id)
    shown = {one.asset.id: one for one in tiles([version.asset for version in versions], studio.assets)}
    return here.templates.page(
        request,
        "making/editor.html",
        shown=tile(asset, studio.assets),
        asset=asset,
        models=models,
        extras={model.id: sorted(catalog.extras(model)) for model in models},
        each={model.id: model.terms({"pictures": 1}).held for model in models},
        free=any(model.id not in off for model in catalog.ready(ImageRetouch.id)),
        looks=LOOKS,
        most_extended=MOST_EXTENDED,
        versions=[(shown[version.asset.id], version.depth) for version in versions],
        balance=getattr(request.state, "balance", None) or await ledger.balance(db, member_id=me.member_id),
    )

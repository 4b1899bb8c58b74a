"""The library's pages: the grid, one asset, and what is done to one or to many. All of it works without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Form, Header, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.assets import change
from atelier.assets.bundle import bundle
from atelier.assets.keep import BadTitle
from atelier.assets.library import Wanted, find, get, models, neighbours
from atelier.assets.lineage import sources_of, uses_of
from atelier.assets.looking import Looking, Search, searched
from atelier.assets.request import Shelf
from atelier.assets.shelf import Assets
from atelier.assets.tables import Asset, Source
from atelier.assets.tiles import bringing, details, tile, tiles, words_of
from atelier.assets.upload import upload
from atelier.base.clock import now
from atelier.base.db import Acting
from atelier.base.errors import NotFound
from atelier.base.ids import parse_id
from atelier.base.kinds import IMAGE, kinds
from atelier.limits.limit import GENERAL, PAGES
from atelier.media.notes import MEANINGS, Note
from atelier.web.access import Access
from atelier.web.back import sent_from
from atelier.web.bounds import FILES
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me, Parts
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
Hx = Annotated[str | None, Header(alias="HX-Request")]
CHOICES = 24  # pictures at a time to choose one from
Ids = Annotated[list[str], Form(default_factory=list)]


@routes.get("/library", access=Access.MEMBER, limit=PAGES)
async def library(
    request: Request,
    here: Here,
    shelf: Shelf,
    db: Db,
    search: Search,
    cursor: str | None = None,
    deleted: str = "",
    hx: Hx = None,
) -> Response:
    """Everything that the member made or brought: searched, filtered, page by page."""
    page = await find(db, search.wanted, cursor=cursor)
    gone = await change.deleted_at_once(db, deleted) if deleted else 0
    context: dict[str, Any] = {
        "search": search,
        "tiles": tiles(page.items, shelf),
        "total": page.total,
        "after": search.address(cursor=page.next) if page.next else None,
        "before": search.address() if cursor else None,
        "kinds": list(kinds().values()),
        "sources": list(Source),
        "bringing": bringing(shelf.limits),
        "accepted": ",".join(f".{ending}" for kind in kinds().values() for ending in kind.chosen),
        "models": await models(db),
        "gone": gone,
        "undo": search.address("/library/restorations", deletion=deleted) if gone else None,
    }
    if hx:
        block = "more" if cursor else "shown"
        return here.templates.block(request, "assets/library.html", block, **context)
    return here.templates.page(request, "assets/library.html", **context)


@routes.get("/library/choices", access=Access.MEMBER, limit=PAGES)
async def choices(
    request: Request, here: Here, shelf: Shelf, db: Db, q: str = "", cursor: str | None = None
) -> Response:
    """The member's pictures to choose one from, as a piece of a page."""
    words, cut = searched(q)
    page = await find(db, Wanted(words, IMAGE), cursor=cursor, limit=CHOICES)
    after = f"/library/choices?{urlencode({'q': words, 'cursor': page.next})}" if page.next else None
    return here.templates.block(
        request, "assets/choices.html", "choices", tiles=tiles(page.items, shelf), after=after, words=words, cut=cut
    )


@routes.get("/library/{asset_id}", access=Access.MEMBER, limit=PAGES)
async def asset_page(asset_id: str, request: Request, here: Here, shelf: Shelf, db: Db, search: Search) -> Response:
    """One asset, large, with what repeats it and its neighbours in the list that one came from."""
    asset = await get(db, parse_id(asset_id, "picture"))
    return await _one(request, here, shelf, db, search, asset)


async def _one(
    request: Request,
    here: Parts,
    shelf: Assets,
    db: AsyncSession,
    search: Looking,
    asset: Asset,
    *,
    fault: str = "",
    typed: str | None = None,
) -> Response:
    before, after = await neighbours(db, search.wanted, asset)
    return here.templates.page(
        request,
        "assets/asset.html",
        status=422 if fault else 200,
        shown=tile(asset, shelf),
        asset=asset,
        words=words_of(asset),
        details=details(asset),
        notes=[MEANINGS[Note(note)] for note in asset.notes],
        sources=tiles(await sources_of(db, asset.id), shelf),
        uses=tiles(await uses_of(db, asset.id), shelf),
        search=search,
        before=search.address(f"/library/{before}") if before else None,
        after=search.address(f"/library/{after}") if after else None,
        fault=fault,
        typed=asset.title if typed is None else typed,
    )


@routes.post("/library/uploads", access=Access.MEMBER, limit=GENERAL, max_body_size=FILES)
async def bring(
    request: Request,
    here: Here,
    shelf: Shelf,
    me: Me,
    tool: Annotated[str, Query(pattern=r"^[a-z]+\.[a-z]+$")] = "",
) -> Response:
    """Bring a file; without scripts one at a time. With a `tool` the way goes on to its form."""
    asset = await upload(request, here.web_db, shelf, me.member_id)
    return RedirectResponse(f"/make/{tool}?image={asset.id}" if tool else f"/library/{asset.id}", 303)


@routes.post("/library/bundle", access=Access.MEMBER, limit=GENERAL)
async def download(here: Here, shelf: Shelf, me: Me, ids: Ids) -> Response:
    """Download what is selected as one archive, written while it is sent."""
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        wanted = _chosen(ids)
        statement = select(Asset).where(Asset.id.in_(wanted), Asset.deleted_at.is_(None)).order_by(Asset.id.desc())
        found = list((await db.execute(statement)).scalars())
    if not found:
        raise NotFound("picture", "Nothing of what you selected is in your library any more.")
    headers = {"Content-Disposition": f'attachment; filename="atelier-{now():%Y-%m-%d-%H%M}.zip"'}
    return StreamingResponse(bundle(shelf.store, found), media_type="application/zip", headers=headers)


@routes.post("/library/deletions", access=Access.MEMBER, limit=GENERAL)
async def delete(request: Request, here: Here, me: Me, db: Db, search: Search, ids: Ids, hx: Hx = None) -> Response:
    """Delete what is selected, and offer to take it back."""
    chosen = _chosen(ids)
    gone = await change.delete(db, me.member_id, chosen)
    if hx:
        left = (await find(db, search.wanted, limit=1)).total
        undo = search.address("/library/restorations", deletion=gone.stamp)
        return here.templates.block(
            request, "assets/gone.html", "gone", ids=chosen, gone=gone.assets, undo=undo, total=left, search=search
        )
    return RedirectResponse(search.address(deleted=gone.stamp), 303)


@routes.post("/library/restorations", access=Access.MEMBER, limit=GENERAL)
async def restore(me: Me, db: Db, search: Search, deletion: str) -> Response:
    """Take a deletion back."""
    await change.restore(db, me.member_id, stamp=deletion)
    return RedirectResponse(search.address(), 303)


@routes.post("/library/{asset_id}/favourite", access=Access.MEMBER, limit=GENERAL)
async def favour(asset_id: str, request: Request, db: Db, on: FormText = "1", hx: Hx = None) -> Response:
    """Mark as a favourite (`on` 1) or not (0)."""
    await change.set_favourite(db, parse_id(asset_id, "picture"), on == "1")
    return Response(status_code=204) if hx else RedirectResponse(sent_from(request, f"/library/{asset_id}"), 303)


@routes.post("/library/{asset_id}/title", access=Access.MEMBER, limit=GENERAL)
async def rename(
    asset_id: str, request: Request, here: Here, shelf: Shelf, db: Db, search: Search, title: FormText = ""
) -> Response:
    """Give it another title."""
    id = parse_id(asset_id, "picture")
    try:
        await change.rename(db, id, title)
    except BadTitle as error:
        asset = await get(db, id)
        return await _one(request, here, shelf, db, search, asset, fault=error.message, typed=title[:4000])
    return RedirectResponse(search.address(f"/library/{id}"), 303)


@routes.post("/library/{asset_id}/deletion", access=Access.MEMBER, limit=GENERAL)
async def delete_one(asset_id: str, me: Me, db: Db, search: Search) -> Response:
    """Delete one asset and go back to the list that it was in."""
    asset = await get(db, parse_id(asset_id, "picture"))
    gone = await change.delete(db, me.member_id, [asset.id])
    return RedirectResponse(search.address(deleted=gone.stamp), 303)


def _chosen(ids: Sequence[str]) -> list[UUID]:
    if not ids:
        raise change.NothingSelected
    if len(ids) > change.MOST_AT_ONCE:
        raise change.TooManySelected
    return [parse_id(id, "picture") for id in ids]

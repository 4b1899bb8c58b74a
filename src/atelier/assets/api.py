"""`/api/v1/assets`: the library for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from atelier.assets import change
from atelier.assets.keep import LONGEST_TITLE
from atelier.assets.library import PAGE, Sort, Wanted, find, get
from atelier.assets.lineage import ids_of_sources
from atelier.assets.request import Shelf
from atelier.assets.shelf import Assets
from atelier.assets.tables import Asset, Source
from atelier.assets.upload import upload
from atelier.base import kinds
from atelier.base.ids import parse_id
from atelier.base.kinds import KindId
from atelier.limits.limit import GENERAL
from atelier.media.notes import MEANINGS, Note
from atelier.web.access import Access
from atelier.web.bounds import FILES
from atelier.web.json_numbers import exact
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes
from atelier.web.scopes import Scope

routes = Routes(prefix="/api/v1/assets", tags=["assets"])
EXAMPLE: dict[str, Any] = {
    "id": "019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b10",
    "kind": "image",
    "source": "made",
    "title": "A red boat on a calm sea, bold flat poster",
    "content_type": "image/png",
    "bytes": 481_223,
    "width": 768,
    "height": 1024,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "favourite": False,
    "job": "019a9f00-6f00-7aaa-8b6d-0d54c5a7b210",
    "position": 0,
    "settings": {
        "tool": "image.generate",
        "model": "sketch",
        "input": {"prompt": "A red boat on a calm sea, bold flat poster", "aspect_ratio": "3:4", "seed": 7},
    },
    "measures": {},
    "made_of": [],
    "notes": [],
    "created_at": "2026-11-20T12:40:00Z",
    "deleted_at": None,
    "url": "https://studio.example.org/files/019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b10/original?m=…&e=…&s=…",
    "thumb_url": "https://studio.example.org/files/019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b10/thumb?m=…&e=…&s=…",
}


class NoteView(BaseModel):
    """Something that happened to a file on its way into the library."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "first_frame", "message": "Only its first …"}]})
    code: Note
    message: str


class AssetView(BaseModel):
    """A stored file. Its links work for some hours and for whoever holds them."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    id: UUID
    kind: KindId
    source: Source
    title: str
    content_type: str
    bytes: int
    width: int | None = Field(description="Pixels; null for what is no picture and no film.")
    height: int | None
    sha256: str = Field(description="Of the file as `url` gives it.")
    favourite: bool
    job: UUID | None = Field(description="The job that made it.")
    position: int = Field(description="Its place among what the job made.")
    settings: dict[str, Any] = Field(
        description="What repeats it: tool, model, input. Integers of 2**53 and more are text."
    )
    made_of: list[UUID] = Field(description="What it was made of, as far as that is still in the library.")
    measures: dict[str, Any] = Field(
        description="By kind: `seconds` and `codec`; `peaks` of a sound, `excerpt` of a text, `tensors` of weights."
    )
    notes: list[NoteView] = Field(description="What of an uploaded file was left out or could not be followed.")
    created_at: datetime
    deleted_at: datetime | None
    url: str
    thumb_url: str | None = Field(
        description="A small WebP of a picture, or of a film from near its beginning; else null."
    )


class AssetPage(BaseModel):
    """Some assets."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE], "next": None, "total": 1}]})
    items: list[AssetView]
    next: str | None = Field(description="The cursor of the next page; null at the end.")
    total: int = Field(description="How many there are on all pages together.")


class AssetChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"favourite": True}]})
    favourite: bool | None = None
    title: str | None = Field(None, json_schema_extra={"maxLength": LONGEST_TITLE})  # refused by the library's own rule


class Chosen(BaseModel):
    """Several assets by their ids."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"ids": [EXAMPLE["id"]]}]})
    ids: list[UUID] = Field(min_length=1, max_length=change.MOST_AT_ONCE)


class Deleted(BaseModel):
    """A deletion, and the name by which it can be taken back for 30 days."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"deletion": "1795178400123456", "assets": 12}]})
    deletion: str
    assets: int


class Restoring(BaseModel):
    """Which deletion to take back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"deletion": "1795178400123456"}]})
    deletion: str = Field(min_length=1, max_length=17)


class Restored(BaseModel):
    """How many assets are there again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"assets": 12}]})
    assets: int


def view(asset: Asset, shelf: Assets, origin: str, made_of: Sequence[UUID] = ()) -> AssetView:
    """An asset as the API shows it, with links that begin at `origin`."""
    return AssetView(
        id=asset.id,
        kind=kinds.find(asset.kind).id,
        source=Source(asset.source),
        title=asset.title,
        content_type=asset.content_type,
        bytes=asset.bytes,
        width=asset.width,
        height=asset.height,
        sha256=asset.sha256,
        favourite=asset.favourite,
        job=asset.job_id,
        position=asset.position,
        settings=exact(asset.settings),
        measures=asset.measures,
        made_of=list(made_of),
        notes=[NoteView(code=note, message=MEANINGS[note]) for note in map(Note, asset.notes)],
        created_at=asset.created_at,
        deleted_at=asset.deleted_at,
        url=origin + shelf.link(asset),
        thumb_url=origin + shelf.link(asset, "thumb") if asset.thumb_path else None,
    )


async def _wanted(
    q: Annotated[str, Query(max_length=200, description="Words of the title; the last may be a beginning.")] = "",
    kind: KindId | None = None,
    source: Source | None = None,
    tool: str | None = None,
    model: str | None = None,
    favourite: bool = False,
    sort: Sort = Sort.NEWEST,
) -> Wanted:
    return Wanted(q, kinds.find(kind) if kind else None, source, tool, model, favourite, sort)


@routes.get("", access=Access.MEMBER, scope=Scope.ASSETS_READ, limit=GENERAL, response_model=AssetPage)
async def list_assets(
    here: Here,
    shelf: Shelf,
    db: Db,
    wanted: Annotated[Wanted, Depends(_wanted)],
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
) -> AssetPage:
    """The member's assets."""
    page = await find(db, wanted, cursor=cursor, limit=limit)
    sources = await ids_of_sources(db, [asset.id for asset in page.items])
    items = [view(asset, shelf, here.origin, sources.get(asset.id, ())) for asset in page.items]
    return AssetPage(items=items, next=page.next, total=page.total)


FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": "; ".join(
                            f"{kind.formats}: up to {kind.limits['megabytes']:,} MB"
                            for kind in kinds.kinds().values()
                            if kind.verb
                        )
                        + ". An operator may set other limits.",
                    },
                    "title": {"type": "string", "maxLength": LONGEST_TITLE},
                },
            }
        }
    },
}


@routes.post(
    "",
    access=Access.MEMBER,
    scope=Scope.ASSETS_WRITE,
    max_body_size=FILES,
    limit=GENERAL,
    status_code=201,
    response_model=AssetView,
    openapi_extra={"requestBody": FORM},
)
async def upload_asset(
    request: Request,
    response: Response,
    here: Here,
    shelf: Shelf,
    me: Me,
    _key: Annotated[
        UUID | None,
        Header(alias="Idempotency-Key", description="A UUIDv7; sent again, it gives the asset that the first made."),
    ] = None,
) -> AssetView:
    """Bring a file: it is written anew, so that nothing else that it carried comes along."""
    asset = await upload(request, here.web_db, shelf, me.member_id)
    response.headers["Location"] = f"/api/v1/assets/{asset.id}"
    return view(asset, shelf, here.origin)


@routes.get("/{asset_id}", access=Access.MEMBER, scope=Scope.ASSETS_READ, limit=GENERAL, response_model=AssetView)
async def get_asset(asset_id: str, here: Here, shelf: Shelf, db: Db) -> AssetView:
    """One asset, with fresh links."""
    asset = await get(db, parse_id(asset_id, "file"))
    return view(asset, shelf, here.origin, (await ids_of_sources(db, [asset.id])).get(asset.id, ()))


@routes.patch("/{asset_id}", access=Access.MEMBER, scope=Scope.ASSETS_WRITE, limit=GENERAL, response_model=AssetView)
async def change_asset(asset_id: str, wanted: AssetChange, here: Here, shelf: Shelf, db: Db) -> AssetView:
    """Rename an asset, or mark it as a favourite."""
    id = parse_id(asset_id, "file")
    asset = await get(db, id)
    if wanted.title is not None:
        asset = await change.rename(db, id, wanted.title)
    if wanted.favourite is not None:
        asset = await change.set_favourite(db, id, wanted.favourite)
    return view(asset, shelf, here.origin, (await ids_of_sources(db, [asset.id])).get(asset.id, ()))


@routes.delete("/{asset_id}", access=Access.MEMBER, scope=Scope.ASSETS_WRITE, limit=GENERAL, status_code=204)
async def delete_asset(asset_id: str, me: Me, db: Db) -> None:
    """Delete an asset; for 30 days it can be restored."""
    asset = await get(db, parse_id(asset_id, "file"))
    await change.delete(db, me.member_id, [asset.id])


@routes.post(
    "/{asset_id}/restoration", access=Access.MEMBER, scope=Scope.ASSETS_WRITE, limit=GENERAL, response_model=AssetView
)
async def restore_asset(asset_id: str, here: Here, shelf: Shelf, me: Me, db: Db) -> AssetView:
    """Take the deletion of one asset back; one that is not deleted stays as it is."""
    asset = await get(db, parse_id(asset_id, "file"), deleted=True)
    await change.restore(db, me.member_id, asset_ids=[asset.id])
    await db.refresh(asset)
    return view(asset, shelf, here.origin, (await ids_of_sources(db, [asset.id])).get(asset.id, ()))


@routes.post("/deletions", access=Access.MEMBER, scope=Scope.ASSETS_WRITE, limit=GENERAL, response_model=Deleted)
async def delete_assets(chosen: Chosen, me: Me, db: Db) -> Deleted:
    """Delete several assets at once; what is not the member's is not counted."""
    gone = await change.delete(db, me.member_id, chosen.ids)
    return Deleted(deletion=gone.stamp, assets=gone.assets)


@routes.post("/restorations", access=Access.MEMBER, scope=Scope.ASSETS_WRITE, limit=GENERAL, response_model=Restored)
async def restore_assets(wanted: Restoring, me: Me, db: Db) -> Restored:
    """Take a whole deletion back."""
    return Restored(assets=await change.restore(db, me.member_id, stamp=wanted.deletion))

"""`/api/v1/exports`: everything that is the caller's, as one archive."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from atelier.base.ids import parse_id
from atelier.limits.limit import DATA_EXPORTS, GENERAL
from atelier.people.leaving import exports, rules
from atelier.people.leaving.tables import Export, State
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me, Parts
from atelier.web.routes import Routes
from atelier.web.scopes import Scope

routes = Routes(prefix="/api/v1/exports", tags=["exports"])
EXAMPLE: dict[str, Any] = {
    "id": "019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b10",
    "state": "ready",
    "files": 128,
    "total": 128,
    "bytes": 94_371_840,
    "error": None,
    "created_at": "2026-11-21T12:40:00Z",
    "expires_at": "2026-11-28T12:41:00Z",
    "url": "https://studio.example.org/account/exports/019a9f00-7c1e-7d2a-9b0e-5d1f0c3a2b10/archive?e=…&s=…",
}


class ExportView(BaseModel):
    """An export of everything that is the caller's."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    id: UUID
    state: State
    files: int = Field(description="Files that are packed so far.")
    total: int = Field(description="Files that there are.")
    bytes: int = Field(description="The archive's size; 0 until it is ready.")
    error: str | None = Field(description="Why it failed.")
    created_at: datetime
    expires_at: datetime | None = Field(description="When the archive is deleted.")
    url: str | None = Field(
        description="Where the caller, and nobody else, fetches the zip archive: with a token that has the scope"
        " `data:read`, or with a session that was confirmed in the last 15 minutes. Null unless ready."
    )


class ExportPage(BaseModel):
    """Some exports, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE], "next": None, "total": 1}]})
    items: list[ExportView]
    next: str | None = Field(description="The cursor of the next page; null at the end.")
    total: int


def view(export: Export, here: Parts) -> ExportView:
    link = exports.link(here.key(rules.LINK), export)
    return ExportView(
        id=export.id,
        state=State(export.state),
        files=export.files,
        total=export.total,
        bytes=export.bytes,
        error=export.error_message,
        created_at=export.created_at,
        expires_at=export.expires_at,
        url=here.origin + link if link else None,
    )


@routes.post(
    "", access=Access.MEMBER, scope=Scope.DATA_WRITE, limit=DATA_EXPORTS, status_code=202, confirmed="sessions"
)
async def create_export(here: Here, me: Me, db: Db, response: Response) -> ExportView:
    """Have everything packed. One that is being made already is returned instead of a second one.

    A browser confirms first that it is its member; a token shows its scope.
    """
    export = await exports.ask(db, member_id=me.member_id)
    response.headers["Location"] = f"/api/v1/exports/{export.id}"
    return view(export, here)


@routes.get("", access=Access.MEMBER, scope=Scope.DATA_READ, limit=GENERAL)
async def list_exports(
    here: Here, me: Me, db: Db, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> ExportPage:
    """The caller's exports."""
    before = parse_id(cursor, "page") if cursor else None
    found = await exports.latest(db, member_id=me.member_id, before=before, limit=limit + 1)
    more = str(found[limit - 1].id) if len(found) > limit else None
    total = await exports.count(db, member_id=me.member_id)
    return ExportPage(items=[view(export, here) for export in found[:limit]], next=more, total=total)


@routes.get("/{export_id}", access=Access.MEMBER, scope=Scope.DATA_READ, limit=GENERAL)
async def get_export(export_id: str, here: Here, db: Db) -> ExportView:
    """One export, with its link once it is ready."""
    return view(await exports.find(db, parse_id(export_id, "export")), here)


@routes.post("/{export_id}/cancellation", access=Access.MEMBER, scope=Scope.DATA_WRITE, limit=GENERAL)
async def cancel_export(export_id: str, here: Here, db: Db) -> ExportView:
    """Stop an export; nothing of it is left."""
    return view(await exports.cancel(db, parse_id(export_id, "export")), here)

"""The caller's wallet and its statement as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from atelier.base.ids import parse_id
from atelier.ledger.statement import Line, lines, statement
from atelier.ledger.wallet import balance
from atelier.limits.limit import GENERAL
from atelier.web.access import Access
from atelier.web.parts import Db, Me
from atelier.web.routes import Routes
from atelier.web.scopes import Scope

routes = Routes(prefix="/api/v1", tags=["wallet"])


class WalletOut(BaseModel):
    """The caller's credits."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"available": 128, "held": 4, "owed": 0, "lines": 31}]})
    available: int = Field(description="What can be spent.")
    held: int = Field(description="What is put aside for jobs and the like that have not ended.")
    owed: int = Field(description="What is owed: credits that come in pay it first.")
    lines: int = Field(description="How many lines the statement has.")


_LINE: dict[str, JsonValue] = {
    "id": "01940000-0000-7000-8000-000000000003",
    "at": "2026-11-20T12:10:00Z",
    "kind": "hold",
    "amount": -4,
    "balance": 124,
    "memo": "4 pictures",
    "job_id": "01940000-0000-7000-8000-000000000004",
    "hold_id": "01940000-0000-7000-8000-000000000004",
    "held_for": "job",
    "hold": "settled",
    "used": 3,
    "reverses": None,
}


class LineOut(BaseModel):
    """One change of the wallet."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINE]})
    id: UUID
    at: datetime
    kind: str = Field(description="`hold`, `extend`, `settle`, `release`, `grant`, `expire`, `reverse` …")
    amount: int = Field(description="By how many credits: negative when they leave the wallet.")
    balance: int = Field(description="What could be spent after it.")
    memo: str | None
    job_id: UUID | None
    hold_id: UUID | None = Field(description="What the credits were held for.")
    held_for: Literal["job", "call", "ticket", "payout"] | None
    hold: Literal["held", "settled", "released"] | None = Field(description="Where the hold stands now.")
    used: int | None = Field(description="For a hold that has ended: what it cost in the end.")
    reverses: UUID | None = Field(description="The line that this one takes back.")

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls.model_validate(line, from_attributes=True)


class LinePage(BaseModel):
    """Some lines of the statement, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_LINE], "next": None, "total": 1}]})
    items: list[LineOut]
    next: str | None = Field(description="Pass it as `cursor` for those that follow.")
    total: int


@routes.get("/wallet", access=Access.MEMBER, scope=Scope.WALLET_READ, limit=GENERAL)
async def read_wallet(me: Me, db: Db) -> WalletOut:
    """The caller's credits: available and held."""
    now = await balance(db, member_id=me.member_id)
    return WalletOut(
        available=now.available, held=now.held, owed=now.owed, lines=await lines(db, member_id=me.member_id)
    )


@routes.get("/wallet/lines", access=Access.MEMBER, scope=Scope.WALLET_READ, limit=GENERAL)
async def list_lines(
    me: Me, db: Db, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 50
) -> LinePage:
    """The statement of the caller's wallet."""
    before = parse_id(cursor, "page") if cursor else None
    found = await statement(db, member_id=me.member_id, before=before, limit=limit + 1)
    return LinePage(
        items=[LineOut.of(line) for line in found[:limit]],
        next=str(found[limit - 1].id) if len(found) > limit else None,
        total=await lines(db, member_id=me.member_id),
    )

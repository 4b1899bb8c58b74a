"""The caller and their API tokens as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from atelier.base.ids import parse_id
from atelier.limits.limit import GENERAL
from atelier.people import rules, tokens
from atelier.people.tables import Token
from atelier.web.access import Access
from atelier.web.caller import Role
from atelier.web.parts import Db, Me
from atelier.web.routes import Routes
from atelier.web.scopes import BROWSER, Scope

routes = Routes(prefix="/api/v1", tags=["people"])
_WHEN = "2026-11-20T12:10:00Z"


class MeOut(BaseModel):
    """Who the caller is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01940000-0000-7000-8000-000000000001",
                    "name": "Mara",
                    "email": "mara@example.org",
                    "role": "member",
                }
            ]
        }
    )
    id: UUID
    name: str
    email: str
    role: Role


_TOKEN_EXAMPLE: dict[str, JsonValue] = {
    "id": "01940000-0000-7000-8000-000000000002",
    "name": "laptop",
    "hint": "atl_Ab3d",
    "tail": "x7Kq",
    "scopes": ["jobs:read", "jobs:write"],
    "created_at": _WHEN,
    "expires_at": "2027-02-18T12:10:00Z",
    "used_at": None,
}


class TokenOut(BaseModel):
    """An API token, without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TOKEN_EXAMPLE]})
    id: UUID
    name: str
    hint: str = Field(description="The token's first characters.")
    tail: str = Field(description="The token's last characters; empty for the oldest tokens.")
    scopes: list[Scope] = Field(description="What it may do.")
    created_at: datetime
    expires_at: datetime | None = Field(description="When it stops working; null: when it is revoked.")
    used_at: datetime | None = Field(description="When it was last used, to the minute.")

    @classmethod
    def of(cls, token: Token) -> Self:
        return cls.model_validate(token, from_attributes=True)


class NewToken(TokenOut):
    """An API token just made; the only answer that carries its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_TOKEN_EXAMPLE, "token": "atl_Ab3d…"}]})
    token: str


class TokenPage(BaseModel):
    """Some of the caller's tokens, newest first."""

    items: list[TokenOut]
    next: str | None = Field(description="Pass it as `cursor` for those that follow.")
    total: int


def _name(written: str) -> str:
    name = rules.display_name(written)
    if name is None:
        raise ValueError(rules.LABEL_FAULT.removesuffix("."))
    return name


class TokenRequest(BaseModel):
    """A token to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "laptop", "scopes": ["jobs:read", "jobs:write"], "expires_in_days": 90}]
        },
    )
    name: Annotated[str, AfterValidator(_name)] = Field(
        description="What it is for.", json_schema_extra={"maxLength": rules.NAME_LENGTH}
    )
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope), description="What it may do, and nothing else.")
    expires_in_days: int | None = Field(
        tokens.DAYS, ge=1, le=3650, description="For how long it works; null: until it is revoked."
    )


@routes.get("/me", access=Access.MEMBER, scope=Scope.ACCOUNT_READ, limit=GENERAL)
async def read_me(me: Me) -> MeOut:
    """Who the caller is."""
    return MeOut(id=me.member_id, name=me.name, email=me.email, role=me.role)


@routes.get("/tokens", access=Access.MEMBER, scope=Scope.ACCOUNT_READ, limit=GENERAL)
async def list_tokens(
    me: Me, db: Db, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 50
) -> TokenPage:
    """The caller's API tokens that are not revoked."""
    before = parse_id(cursor, "page") if cursor else None
    found = await tokens.list_tokens(db, member_id=me.member_id, before=before, limit=limit + 1)
    more = str(found[limit - 1].id) if len(found) > limit else None
    total = await tokens.count(db, member_id=me.member_id)
    return TokenPage(items=[TokenOut.of(token) for token in found[:limit]], next=more, total=total)


@routes.post("/tokens", access=Access.MEMBER, scope=BROWSER, limit=GENERAL, status_code=201, confirmed=True)
async def create_token(me: Me, db: Db, asked: TokenRequest) -> NewToken:
    """Make an API token. Its secret is in this answer and never shown again; a token cannot make another."""
    token, secret = await tokens.create(
        db, member_id=me.member_id, name=asked.name, scopes=asked.scopes, days=asked.expires_in_days
    )
    return NewToken(**TokenOut.of(token).model_dump(), token=secret)


@routes.delete("/tokens/{token_id}", access=Access.MEMBER, scope=BROWSER, limit=GENERAL, status_code=204)
async def revoke_token(me: Me, db: Db, token_id: str) -> Response:
    """Revoke a token: it stops working at once, for good."""
    await tokens.revoke(db, member_id=me.member_id, token_id=parse_id(token_id, "token"))
    return Response(status_code=204)

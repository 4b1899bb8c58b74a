"""`/api/v1/auth`: how apps sign in, stay signed in, and sign out (C6)."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from fastapi import Form, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.db import Acting
from atelier.base.errors import Forbidden
from atelier.limits.limit import GENERAL, SIGN_IN_FORM
from atelier.people import apps, locks, signin
from atelier.people.access_tokens import LASTS
from atelier.people.account_settings import AccountSettings
from atelier.people.factors import authenticators, codes, prove
from atelier.people.handed_back import hand_back
from atelier.people.identify import access_tokens
from atelier.people.passwords import passwords
from atelier.people.request import Accounts
from atelier.people.tables import Member
from atelier.web.access import Access
from atelier.web.address import address
from atelier.web.parts import Here, Parts
from atelier.web.routes import Routes
from atelier.web.scopes import Scope

routes = Routes(prefix="/api/v1/auth", tags=["auth"])
_REFRESH = "atr_9rTZwmTQVAxQK8lVe5x2yoGxj1ZJRaEWLoJ7wWXpXe…"
_PAIR: dict[str, JsonValue] = {
    "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEiLCJ0eXAiOiJhdCtqd3QifQ.eyJ…",
    "token_type": "Bearer",
    "expires_in": int(LASTS.total_seconds()),
    "refresh_token": _REFRESH,
    "scope": "jobs:read jobs:write",
}


class SecondFactorNeeded(Forbidden):
    """The password is right, and the account asks for more: a `code`, or what only a browser can be shown.

    `needs` tells programs which: `code`, or `personal_token` for an account that has passkeys alone.
    """

    code = "second_factor_needed"

    def __init__(self, *, by_code: bool) -> None:
        super().__init__(
            "This account has a second factor. Send its code along, or make a personal token in a browser.",
            needs="code" if by_code else "personal_token",
        )


class SignIn(BaseModel):
    """Who signs in, with which app."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "email": "mara@example.org",
                    "password": "Seven-red-boats-4",
                    "device": "Mara's phone",
                    "scopes": ["jobs:read", "jobs:write"],
                }
            ]
        },
    )
    email: str = Field(max_length=320)
    password: str = Field(max_length=1000)
    device: str = Field("", max_length=200, description="What the account's list of devices calls it.")
    code: str = Field(
        "", max_length=100, description="Of the authenticator app, or a recovery code, where the account has them."
    )
    scopes: list[Scope] = Field(
        list(Scope), min_length=1, max_length=len(Scope), description="What the app may do; default: everything."
    )


class Renewal(BaseModel):
    """A refresh token to renew the access with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"refresh_token": _REFRESH}]})
    refresh_token: str = Field(max_length=200)


class PairOut(BaseModel):
    """An app's tokens (RFC 6749, section 5.1). The refresh token replaces the one that was sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PAIR]})
    access_token: str = Field(description="For `Authorization: Bearer`.")
    token_type: str
    expires_in: int = Field(description="Seconds for which the access token is good.")
    refresh_token: str = Field(description="Good once, within 30 days.")
    scope: str = Field(description="What both may do, with spaces between.")

    @classmethod
    def of(cls, pair: apps.Pair) -> Self:
        return cls(
            access_token=pair.access,
            token_type="Bearer",  # noqa: S106 - the name of a kind
            expires_in=int(LASTS.total_seconds()),
            refresh_token=pair.refresh,
            scope=" ".join(pair.scopes),
        )


@routes.post("/token", access=Access.PUBLIC, limit=SIGN_IN_FORM)
async def sign_in(request: Request, response: Response, here: Here, accounts: Accounts, asked: SignIn) -> PairOut:
    """Sign an app in by e-mail and password: an access token for 15 minutes and a refresh token for 30 days.

    The same locks hold as on the sign-in page. An account with a second factor needs its `code` too, and answers 403
    `second_factor_needed` without one.
    """
    door = locks.Locks(here.web_db, here.limiter)
    at = locks.place(here.key, email=asked.email, address=address(request), cookies=request.cookies, origin=here.origin)
    proven = await signin.prove(here.web_db, passwords, door, at=at, email=asked.email, password=asked.password)
    try:
        async with here.web_db.transaction(Acting.member(proven.member_id)) as db:
            lacks = await _second(db, here, accounts, proven.member_id, asked.code)
            await signin.welcome(db, proven, whole=lacks is None)
            if lacks is None:
                pair = await apps.start(
                    db,
                    access_tokens(here),
                    member_id=proven.member_id,
                    name=asked.device or request.headers.get("user-agent", ""),
                    address=address(request),
                    scopes=asked.scopes,
                )
    except (prove.WrongCode, authenticators.Unreadable):
        await door.failed(proven.claim, member=proven.member_id, at=at)
        await prove.failed(here, accounts.writer, proven.member_id, by="code")
        raise
    if lacks is not None:
        raise lacks
    locks.remember(response, here.key, origin=here.origin, email=asked.email)
    return PairOut.of(pair)


async def _second(
    db: AsyncSession, here: Parts, accounts: AccountSettings, member_id: UUID, code: str
) -> SecondFactorNeeded | None:
    """What the acting member still has to show; None if nothing. Raises `WrongCode`."""
    if not await db.scalar(select(Member.protected).where(Member.id == member_id)):
        return None
    if not code:
        has_app = await authenticators.find(db, member_id=member_id) is not None
        return SecondFactorNeeded(by_code=has_app or await codes.count(db, member_id=member_id) > 0)
    await prove.code(db, here, accounts.writer, member_id=member_id, typed=code)
    return None


@routes.post("/refresh", access=Access.PUBLIC, limit=GENERAL)
async def refresh(
    here: Here,
    accounts: Accounts,
    asked: Renewal,
    key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)] = None,
) -> PairOut:
    """Renew both tokens; the refresh token that was sent is spent.

    One that comes twice signs its app out everywhere, because two hands have it. Against lost answers send a fresh
    `Idempotency-Key` with each renewal, kept in memory alone: the same token with the same key gets the same answer
    for 10 seconds.
    """
    pair = await apps.refresh(
        here.web_db, access_tokens(here), accounts.writer, here.key, secret=asked.refresh_token, again=key
    )
    return PairOut.of(pair)


@routes.post("/revocation", access=Access.PUBLIC, limit=GENERAL, response_class=Response)
async def revoke(here: Here, token: Annotated[str, Form(max_length=4000)]) -> Response:
    """Sign an app out by its refresh or access token, or end a personal token (RFC 7009).

    Always 200: a token that is not good any more is as good as revoked.
    """
    await hand_back(here.web_db, access_tokens(here), token.strip())
    return Response(status_code=200)

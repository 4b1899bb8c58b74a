"""The page of a member's API tokens: made, shown once, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base.clock import now
from atelier.base.ids import parse_id
from atelier.limits.limit import GENERAL, PAGES
from atelier.people import rules, tokens
from atelier.people.tables import Token
from atelier.web import once
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.parts import Db, Here, Me, Parts
from atelier.web.routes import Routes
from atelier.web.scopes import MEANINGS, Scope

routes = Routes(include_in_schema=False)
SECRETS = "tokens made by forms"
SHOWN_AGAIN = timedelta(minutes=10)  # how long a form that is sent again shows the token that it made
LIFETIMES: dict[str, int | None] = {"30": 30, "90": 90, "365": 365, "never": None}


class TokenForm(BaseModel):
    """What a member chose for a new token; `may` is a preset, or `own` for what `scope` names."""

    label: str = ""
    days: str = str(tokens.DAYS)
    may: str = "read"
    scope: list[str] = []
    key: str = Field("", alias=once.FIELD)


@routes.get("/account/tokens", access=Access.MEMBER, limit=PAGES)
async def token_page(request: Request, here: Here, me: Me, db: Db) -> Response:
    return await _page(request, here, me, db)


@routes.post("/account/tokens", access=Access.MEMBER, limit=GENERAL, confirmed=True)
async def create_token(
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    form: Annotated[TokenForm, Form()],
) -> Response:
    """Make an API token and show it, this once.

    The same form sent again within a few minutes shows the same token: the first answer may not have been seen.
    """
    name, scopes = rules.display_name(form.label), chosen(form.may, form.scope)
    if name is None or not scopes:
        faults = ({} if name else {"label": rules.LABEL_FAULT}) | ({} if scopes else {"scope": rules.SCOPES_FAULT})
        typed = form.model_dump(include={"label", "days", "may", "scope"})
        return await _page(request, here, me, db, typed=typed, faults=faults)
    lasts, token_id = LIFETIMES.get(form.days, tokens.DAYS), once.id_for(me.member_id, form.key)
    secret = tokens.secret_of_form(here.key(SECRETS), me.member_id, once.key_of(form.key))
    await once.one_at_a_time(db, token_id)
    token = await db.get(Token, token_id)
    if token is None:
        token, _ = await tokens.create(
            db, member_id=me.member_id, name=name, scopes=scopes, days=lasts, token_id=token_id, secret=secret
        )
    elif token.revoked_at is not None or now() - token.created_at > SHOWN_AGAIN:
        return await _page(request, here, me, db)
    return await _page(request, here, me, db, made={"token": token, "secret": secret})


@routes.post("/account/tokens/{token_id}/revocation", access=Access.MEMBER, limit=GENERAL)
async def revoke_token(me: Me, db: Db, token_id: str) -> Response:
    """End a token for good."""
    await tokens.revoke(db, member_id=me.member_id, token_id=parse_id(token_id, "token"))
    return RedirectResponse("/account/tokens?done=revoked", 303)


async def _page(
    request: Request,
    here: Parts,
    me: Caller,
    db: AsyncSession,
    *,
    typed: dict[str, Any] | None = None,
    faults: rules.Faults | None = None,
    made: dict[str, Any] | None = None,
) -> Response:
    """The page, with what was typed wrong, or with the token that was made just now."""
    if request.method == "POST":  # the balance beside the member's badge comes by itself only when a page is read
        request.state.balance = await ledger.balance(db, member_id=me.member_id)
    return here.templates.page(
        request,
        "people/tokens.html",
        status=422 if faults else 200,
        me=me,
        tokens=await tokens.list_tokens(db, member_id=me.member_id),
        ending=tokens.ending,
        presets=tokens.PRESETS,
        meanings=MEANINGS,
        typed=typed or {},
        faults=faults or {},
        made=made,
        done=request.query_params.get("done", ""),
    )


def chosen(may: str, named: list[str]) -> frozenset[Scope]:
    """The scopes of a preset, or those of ours that are named one by one."""
    return tokens.PRESETS.get(may) or frozenset(scope for scope in Scope if scope.value in named)

"""The account page's part about API tokens: made, shown once, revoked."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from atelier.base.ids import parse_id
from atelier.limits.limit import GENERAL
from atelier.people import rules, tokens
from atelier.people.account import page
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes
from atelier.web.scopes import Scope

routes = Routes(include_in_schema=False)
Field = Annotated[str, Form()]
Several = Annotated[list[str], Form()]
LIFETIMES: dict[str, int | None] = {"30": 30, "90": 90, "365": 365, "never": None}


@routes.post("/account/tokens", access=Access.MEMBER, limit=GENERAL, confirmed=True)
async def create_token(
    request: Request,
    here: Here,
    me: Me,
    db: Db,
    label: Field = "",
    days: Field = str(tokens.DAYS),
    may: Field = "read",
    scope: Several = [],  # noqa: B006 - the framework copies it
) -> Response:
    """Make an API token and show it, this once. `may` is a preset, or `own` for what `scope` names."""
    name, scopes = rules.display_name(label), chosen(may, scope)
    if name is None or not scopes:
        faults = ({} if name else {"label": rules.LABEL_FAULT}) | ({} if scopes else {"scope": rules.SCOPES_FAULT})
        typed = {"label": label, "days": days, "may": may, "scope": scope}
        return await page(request, here, me, db, typed=typed, faults=faults)
    lasts = LIFETIMES.get(days, tokens.DAYS)
    token, secret = await tokens.create(db, member_id=me.member_id, name=name, scopes=scopes, days=lasts)
    return await page(request, here, me, db, made={"token": token, "secret": secret})


@routes.post("/account/tokens/{token_id}/revocation", access=Access.MEMBER, limit=GENERAL)
async def revoke_token(me: Me, db: Db, token_id: str) -> Response:
    """End a token for good."""
    await tokens.revoke(db, member_id=me.member_id, token_id=parse_id(token_id, "token"))
    return RedirectResponse("/account?done=token#tokens", 303)


def chosen(may: str, named: list[str]) -> frozenset[Scope]:
    """The scopes of a preset, or those of ours that are named one by one."""
    return tokens.PRESETS.get(may) or frozenset(scope for scope in Scope if scope.value in named)

"""The wallet's page: what is there, what is held, and every change of it."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from atelier.base.ids import parse_id
from atelier.ledger.statement import lines, statement
from atelier.ledger.wallet import balance
from atelier.limits.limit import PAGES
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
PAGE = 40


@routes.get("/wallet", access=Access.MEMBER, limit=PAGES)
async def wallet_page(request: Request, here: Here, me: Me, db: Db, cursor: str | None = None) -> Response:
    """The caller's wallet with its statement, newest first."""
    before = parse_id(cursor, "page") if cursor else None
    found = await statement(db, member_id=me.member_id, before=before, limit=PAGE + 1)
    return here.templates.page(
        request,
        "ledger/wallet.html",
        balance=getattr(request.state, "balance", None) or await balance(db, member_id=me.member_id),
        lines=found[:PAGE],
        total=await lines(db, member_id=me.member_id),
        newer="/wallet" if cursor else None,
        older=f"/wallet?cursor={found[PAGE - 1].id}" if len(found) > PAGE else None,
    )

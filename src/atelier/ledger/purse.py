"""The caller's balance for the bar of every page."""

from __future__ import annotations

from fastapi import Request

from atelier.ledger.wallet import balance
from atelier.web.parts import Db, MaybeMe


async def purse(request: Request, me: MaybeMe, db: Db) -> None:
    """Put the caller's balance where the layout finds it; pieces of a page don't need it."""
    if me is not None and request.method == "GET" and "hx-request" not in request.headers:
        request.state.balance = await balance(db, member_id=me.member_id)

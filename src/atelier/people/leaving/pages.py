"""“Your data”: exports to take along, and the way out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from atelier.assets.files import NOTHING, asked_range
from atelier.assets.request import Shelf
from atelier.base import events
from atelier.base.clock import now
from atelier.base.db import Acting
from atelier.base.ids import parse_id
from atelier.limits.limit import DATA_EXPORTS, FILES, GENERAL, PAGES, SIGN_IN, SIGN_IN_FORM
from atelier.people import sessions
from atelier.people.leaving import exports, rules
from atelier.people.leaving.leave import account_contents, departure, leave, stay
from atelier.people.request import Accounts
from atelier.web.access import Access
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me, Parts
from atelier.web.routes import Routes
from atelier.web.scopes import Scope

routes = Routes(include_in_schema=False)


@routes.get("/account/data", access=Access.MEMBER, limit=PAGES)
async def data_page(request: Request, here: Here, accounts: Accounts, me: Me, db: Db) -> Response:
    """What the studio keeps about the member, to take along or to leave behind."""
    key = here.key(rules.LINK)
    latest = await exports.latest(db, member_id=me.member_id)
    found = [export for at, export in enumerate(latest) if at == 0 or exports.link(key, export)]
    return here.templates.page(
        request,
        "people/data/data.html",
        me=me,
        exports=[(export, exports.link(key, export)) for export in found],
        open=next((export for export in found if not export.over), None),
        goes=await account_contents(db, member_id=me.member_id),
        days=accounts.grace_days,
        kept=rules.LASTS.days,
        done=request.query_params.get("done", ""),
    )


@routes.post("/account/exports", access=Access.MEMBER, limit=DATA_EXPORTS, confirmed=True)
async def ask_for_export(me: Me, db: Db) -> Response:
    """Have everything packed; again while that goes on is the same as once."""
    await exports.ask(db, member_id=me.member_id)
    return RedirectResponse("/account/data", 303)


@routes.post("/account/exports/{export_id}/cancellation", access=Access.MEMBER, limit=GENERAL)
async def cancel_export(db: Db, export_id: str) -> Response:
    """Stop the packing."""
    await exports.cancel(db, parse_id(export_id, "export"))
    return RedirectResponse("/account/data?done=canceled", 303)


@routes.get(
    "/account/exports/{export_id}/archive",
    access=Access.MEMBER,
    scope=Scope.DATA_READ,
    limit=FILES,
    confirmed="sessions",
)
async def archive(
    request: Request, here: Here, shelf: Shelf, me: Me, export_id: str, e: str = "", s: str = ""
) -> Response:
    """The archive, whole or the asked range of it: with its link, for its member alone, for as long as it is kept.

    A browser confirms first who is at the keys: neither the link nor a forgotten session opens it.
    """
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        export = await exports.find(db, parse_id(export_id, "export"))
        exports.check_link(here.key(rules.LINK), export, e, s)
        if me.looking is not None:
            raise exports.BadExportLink  # who looks at somebody's pages takes nothing along
        if "range" not in request.headers:
            await events.record(db, "export:fetched", member=me.member_id, subject=export.id)
    assert export.path is not None
    asked = request.headers.get("range", "")
    part = asked_range(asked, export.bytes) if asked else None
    headers = {
        "Content-Disposition": f'attachment; filename="atelier-{export.created_at:%Y-%m-%d}.zip"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
    }
    if part == NOTHING:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{export.bytes}"})
    start, end = part or (0, export.bytes)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{export.bytes}"
    chunks = shelf.store.stream(export.path, start, end)
    first = await anext(chunks, b"")  # a lost file is a 404 and no broken download

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return StreamingResponse(whole(), 206 if part else 200, headers, "application/zip")


@routes.get("/account/deletion", access=Access.MEMBER, limit=PAGES)
async def deletion_page(request: Request, here: Here, accounts: Accounts, me: Me, db: Db) -> Response:
    """What would happen, and the button."""
    return here.templates.page(
        request,
        "people/data/leave.html",
        me=me,
        goes=await account_contents(db, member_id=me.member_id),
        days=accounts.grace_days,
    )


@routes.post("/account/deletion", access=Access.MEMBER, limit=SIGN_IN, confirmed=True)
async def delete_account(
    request: Request, here: Here, accounts: Accounts, me: Me, db: Db, understood: FormText = ""
) -> Response:
    """Close the account, to be erased later; every browser is signed out, this one too."""
    if understood != "yes":
        return RedirectResponse("/account/deletion", 303)
    due = await leave(db, accounts, member_id=me.member_id, by=me.member_id)
    request.state.caller = None
    response = here.templates.page(request, "people/data/left.html", due=due, days=accounts.grace_days)
    sessions.drop_cookie(response, here.origin)
    return response


@routes.post("/account/keeping", access=Access.PUBLIC, limit=SIGN_IN_FORM)
async def keep_account(request: Request, here: Here, ticket: FormText = "") -> Response:
    """Open an account again that was about to be erased, for who has just shown whose it is."""
    member_id = rules.read_ticket(here.key(rules.KEEPING), ticket, int(now().timestamp()))
    if member_id is None:
        return RedirectResponse("/sign-in", 303)
    async with here.web_db.transaction(Acting.member(member_id)) as db:
        await stay(db, member_id=member_id, by=member_id)
    return RedirectResponse("/sign-in?done=kept", 303)


async def about_to_go(request: Request, here: Parts, member_id: UUID) -> Response:
    """The page for who signs in to an account that is about to be erased; they have shown whose it is."""
    async with here.web_db.transaction(Acting.member(member_id)) as db:
        going = await departure(db, member_id)
        what = await account_contents(db, member_id=member_id)
    if going is None:  # kept in another window just now
        return RedirectResponse("/sign-in", 303)
    return here.templates.page(
        request,
        "people/data/going.html",
        status=403,
        going=going,
        goes=what,
        late=going.due_at <= now(),
        ticket=rules.ticket(here.key(rules.KEEPING), member_id, int(now().timestamp())),
    )

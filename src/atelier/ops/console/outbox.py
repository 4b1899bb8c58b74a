"""The outbox: what was written to whom, and whether it went. Without a mail server this is where mail is read."""

from __future__ import annotations

import re

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from atelier.base import events
from atelier.base.ids import parse_id
from atelier.limits.limit import GENERAL, PAGES
from atelier.notify import outbox
from atelier.notify.tables import Mail, State
from atelier.people.doors import Doors, Entry
from atelier.studio.request import Whole
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me
from atelier.web.routes import Routes

routes = Routes(prefix="/console/mail", include_in_schema=False)


@routes.get("", access=Access.OPERATOR, limit=PAGES)
async def outbox_page(request: Request, here: Here, db: Db, whole: Whole, cursor: str | None = None) -> Response:
    """The mails of the last 30 days."""
    before = parse_id(cursor, "page") if cursor else None
    return here.templates.page(
        request,
        "console/outbox.html",
        page=await outbox.outbox(db, before=before),
        cursor=cursor,
        server=whole.carrier.sender is not None,
    )


@routes.get("/{mail_id}", access=Access.OPERATOR, limit=PAGES, confirmed=True)
async def mail_page(request: Request, here: Here, entry: Entry, me: Me, db: Db, whole: Whole, mail_id: str) -> Response:
    """One mail as text. Its key is shown where no server carries mail, so that the operator can hand the link over.

    The key opens an account, the operator's own too: a browser that was left open shows it to nobody.
    """
    mail = await outbox.find(db, parse_id(mail_id, "mail"))
    shown = whole.carrier.sender is None
    if shown and mail.key_id:
        await events.record(db, "mail:read", member=me.member_id, subject=mail.id)
    return here.templates.page(
        request,
        "console/mail.html",
        mail=mail,
        pieces=_pieces(mail, entry, with_key=shown),
        withheld=bool(mail.key_id) and not shown,
        again=mail.state in (State.FAILED, State.KEPT) and not shown,
    )


@routes.post(
    "/{mail_id}/delivery",
    access=Access.OPERATOR,
    limit=GENERAL,
    unconfirmed="it sends what is written, to whom it was written",
)
async def send_again(me: Me, db: Db, mail_id: str) -> Response:
    """Have a mail sent that failed, or was kept while there was no server."""
    found = parse_id(mail_id, "mail")
    await outbox.send_again(db, found)
    await events.record(db, "mail:sent_again", member=me.member_id, subject=found)
    return RedirectResponse(f"/console/mail/{found}", 303)


def _pieces(mail: Mail, doors: Doors, *, with_key: bool) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is a link into this studio; no other becomes one."""
    text = doors.keys.put_into(mail.body, mail.key_id) if with_key else mail.body.replace(str(mail.key_id), "…")
    link = rf"({re.escape(doors.writer.origin)}/[^\s<>\"…]*(?=\s|$))"
    return [(piece, at % 2 == 1) for at, piece in enumerate(re.split(link, text)) if piece]

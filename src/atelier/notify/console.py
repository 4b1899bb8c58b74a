"""The outbox: what was written to whom, and whether it went. Without a mail server this is where mail is read."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from atelier.base import events
from atelier.base.ids import parse_id
from atelier.limits.limit import GENERAL, PAGES
from atelier.notify import outbox
from atelier.notify.carrier import Carrier
from atelier.notify.keys import Keys
from atelier.notify.tables import Mail, State
from atelier.web.access import Access
from atelier.web.parts import Db, Here, Me, promptly
from atelier.web.routes import Routes

routes = Routes(prefix="/console/mail", include_in_schema=False)


def _carrier(request: Request) -> Carrier:
    found: Carrier = request.app.state.carrier
    return found


def _keys(request: Request) -> Keys:
    found: Keys = request.app.state.mail_keys
    return found


TheCarrier = Annotated[Carrier, Depends(promptly(_carrier))]
MailKeys = Annotated[Keys, Depends(promptly(_keys))]


@routes.get("", access=Access.OPERATOR, limit=PAGES)
async def outbox_page(request: Request, here: Here, db: Db, carrier: TheCarrier, cursor: str | None = None) -> Response:
    """The mails of the last 30 days."""
    before = parse_id(cursor, "page") if cursor else None
    return here.templates.page(
        request,
        "notify/console/outbox.html",
        page=await outbox.outbox(db, before=before),
        cursor=cursor,
        server=carrier.sender is not None,
    )


@routes.get("/{mail_id}", access=Access.OPERATOR, limit=PAGES, confirmed=True)
async def mail_page(
    request: Request, here: Here, me: Me, db: Db, carrier: TheCarrier, keys: MailKeys, mail_id: str
) -> Response:
    """One mail as text. Its key is shown where no server carries mail, so that the operator can hand the link over.

    The key opens an account, the operator's own too: a browser that was left open shows it to nobody.
    """
    mail = await outbox.find(db, parse_id(mail_id, "mail"))
    shown = carrier.sender is None
    if shown and mail.key_id:
        await events.record(db, "mail:read", member=me.member_id, subject=mail.id)
    return here.templates.page(
        request,
        "notify/console/mail.html",
        mail=mail,
        pieces=_pieces(mail, here.origin, keys if shown else None),
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


def _pieces(mail: Mail, origin: str, keys: Keys | None) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is a link into this studio. With `keys` its link has its key."""
    text = keys.put_into(mail.body, mail.key_id) if keys else mail.body.replace(str(mail.key_id), "…")
    link = rf"({re.escape(origin)}/[^\s<>\"…]*(?=\s|$))"
    return [(piece, at % 2 == 1) for at, piece in enumerate(re.split(link, text)) if piece]

"""Who may come in: invitations, and those who wait for a yes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base.clock import now
from atelier.base.ids import parse_id
from atelier.limits.limit import GENERAL, PAGES
from atelier.people import invitations, registration, rules
from atelier.people.doors import Doors, Entry
from atelier.web import confirmed, language
from atelier.web.access import Access
from atelier.web.caller import Caller, Role
from atelier.web.parts import Db, Here, Me, Parts
from atelier.web.routes import Routes

routes = Routes(prefix="/console", include_in_schema=False)
Field = Annotated[str, Form()]
DAYS = ("1", "7", "30")
NOTE = 500  # letters


@routes.get("/invitations", access=Access.OPERATOR, limit=PAGES)
async def invitations_page(request: Request, here: Here, entry: Entry, me: Me, db: Db) -> Response:
    """The invitations, and who waits; the link of the one just made to who confirmed lately that it is them."""
    return await _page(request, here, entry, me, db)


@routes.post("/invitations", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def invite(
    request: Request,
    here: Here,
    entry: Entry,
    me: Me,
    db: Db,
    role: Field = "member",
    days: Field = "7",
    email: Field = "",
    note: Field = "",
) -> Response:
    """Make an invitation; with an e-mail it is sent there too."""
    typed = {"role": role, "days": days, "email": email, "note": note}
    to = rules.email_address(email) if email.strip() else None
    words = " ".join(note.split())
    faults: rules.Faults = {}
    if email.strip() and to is None:
        faults["email"] = rules.EMAIL_FAULT
    if len(words) > NOTE or not words.isprintable():
        faults["note"] = rules.NOTE_FAULT
    if role not in list(Role) or days not in DAYS:
        faults["email"] = rules.INVITATION_FAULT
    if faults:
        request.state.balance = await ledger.balance(db, member_id=me.member_id)
        return await _page(request, here, entry, me, db, typed=typed, faults=faults)
    made = await invitations.invite(
        db, entry.keys, by=me.member_id, role=Role(role), days=int(days), email=to, note=words
    )
    if to is not None:
        await entry.writer.write(
            db,
            "people/mail/invitation.html",
            to=to,
            language=language.of(request),
            key_id=made,
            path="/sign-up",
            note=words,
            days=int(days),
        )
    return RedirectResponse(f"/console/invitations?made={made}", 303)


@routes.post("/invitations/{invitation_id}/revocation", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def take_back(me: Me, db: Db, invitation_id: str) -> Response:
    """Take an invitation back that nobody has used."""
    await invitations.take_back(db, by=me.member_id, invitation_id=parse_id(invitation_id, "invitation"))
    return RedirectResponse("/console/invitations?done=taken_back", 303)


@routes.post("/members/{member_id}/approval", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def approve(entry: Entry, me: Me, db: Db, member_id: str) -> Response:
    """Let somebody in who waits."""
    await registration.approve(db, entry, member_id=parse_id(member_id, "member"), by=me.member_id)
    return RedirectResponse("/console/invitations?done=approved", 303)


@routes.post("/members/{member_id}/refusal", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def decline(entry: Entry, me: Me, db: Db, member_id: str) -> Response:
    """Turn somebody away who waits; what they entered is deleted."""
    await registration.decline(db, entry, member_id=parse_id(member_id, "member"), by=me.member_id)
    return RedirectResponse("/console/invitations?done=declined", 303)


async def _page(
    request: Request,
    here: Parts,
    entry: Doors,
    me: Caller,
    db: AsyncSession,
    *,
    typed: dict[str, str] | None = None,
    faults: rules.Faults | None = None,
) -> Response:
    made = request.query_params.get("made", "") if confirmed.fresh(me, now()) else ""
    found = await invitations.handed_out(db)
    newest = next((one for one in found if str(one.id) == made and one.used_at is None), None)
    return here.templates.page(
        request,
        "console/invitations.html",
        status=422 if faults else 200,
        mode=entry.mode.value,
        waiting=await registration.waiting(db),
        invitations=found,
        link=f"{here.origin}/sign-up?key={entry.keys.of(newest.id)}" if newest else None,
        mailed=newest.email if newest else None,
        now=now(),
        typed=typed or {},
        faults=faults or {},
        done=request.query_params.get("done", ""),
    )

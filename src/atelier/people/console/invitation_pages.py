"""Who may come in: invitations, and those who wait for a yes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base.clock import now
from atelier.base.ids import parse_id
from atelier.base.text import is_one_line
from atelier.limits.limit import GENERAL, PAGES
from atelier.people import invitations, registration, rules
from atelier.people.account_settings import AccountSettings
from atelier.people.request import Accounts
from atelier.people.tables import Invitation
from atelier.web import confirmed, language, once
from atelier.web.access import Access
from atelier.web.caller import Caller, Role
from atelier.web.parts import Db, Here, Me, Parts
from atelier.web.routes import Routes

routes = Routes(prefix="/console", include_in_schema=False)
DAYS = ("1", "7", "30")
NOTE = 500  # letters


class InvitationForm(BaseModel):
    """Who is invited, as what, until when, and why."""

    role: str = "member"
    days: str = "7"
    email: str = ""
    note: str = ""
    key: str = Field("", alias=once.FIELD)


@routes.get("/invitations", access=Access.OPERATOR, limit=PAGES)
async def invitations_page(request: Request, here: Here, accounts: Accounts, me: Me, db: Db) -> Response:
    """The invitations, and who waits; the link of the one just made to who confirmed lately that it is them."""
    return await _page(request, here, accounts, me, db)


@routes.post("/invitations", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def invite(
    request: Request,
    here: Here,
    accounts: Accounts,
    me: Me,
    db: Db,
    form: Annotated[InvitationForm, Form()],
) -> Response:
    """Make an invitation; with an e-mail it is sent there too."""
    typed = form.model_dump(include={"role", "days", "email", "note"})
    to = rules.email_address(form.email) if form.email.strip() else None
    words = " ".join(form.note.split())
    faults: rules.Faults = {}
    if form.email.strip() and to is None:
        faults["email"] = rules.EMAIL_FAULT
    if len(words) > NOTE or not is_one_line(words):
        faults["note"] = rules.NOTE_FAULT
    if form.role not in list(Role) or form.days not in DAYS:
        faults["email"] = rules.INVITATION_FAULT
    if faults:
        request.state.balance = await ledger.balance(db, member_id=me.member_id)
        return await _page(request, here, accounts, me, db, typed=typed, faults=faults)
    made = once.id_for(me.member_id, form.key)
    await once.one_at_a_time(db, made)
    if await db.get(Invitation, made) is not None:  # the same form, sent again
        return RedirectResponse(f"/console/invitations?made={made}", 303)
    await invitations.invite(
        db,
        accounts.keys,
        by=me.member_id,
        role=Role(form.role),
        days=int(form.days),
        email=to,
        note=words,
        invitation_id=made,
    )
    if to is not None:
        await accounts.writer.write(
            db,
            "people/mail/invitation.html",
            to=to,
            language=language.of(request),
            key_id=made,
            path="/sign-up",
            note=words,
            days=int(form.days),
        )
    return RedirectResponse(f"/console/invitations?made={made}", 303)


@routes.post("/invitations/{invitation_id}/revocation", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def take_back(me: Me, db: Db, invitation_id: str) -> Response:
    """Take an invitation back that nobody has used."""
    await invitations.take_back(db, by=me.member_id, invitation_id=parse_id(invitation_id, "invitation"))
    return RedirectResponse("/console/invitations?done=taken_back", 303)


@routes.post("/members/{member_id}/approval", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def approve(accounts: Accounts, me: Me, db: Db, member_id: str) -> Response:
    """Let somebody in who waits."""
    await registration.approve(db, accounts, member_id=parse_id(member_id, "member"), by=me.member_id)
    return RedirectResponse("/console/invitations?done=approved", 303)


@routes.post("/members/{member_id}/refusal", access=Access.OPERATOR, limit=GENERAL, confirmed=True)
async def decline(accounts: Accounts, me: Me, db: Db, member_id: str) -> Response:
    """Turn somebody away who waits; what they entered is deleted."""
    await registration.decline(db, accounts, member_id=parse_id(member_id, "member"), by=me.member_id)
    return RedirectResponse("/console/invitations?done=declined", 303)


async def _page(
    request: Request,
    here: Parts,
    accounts: AccountSettings,
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
        "people/console/invitations.html",
        status=422 if faults else 200,
        mode=accounts.mode.value,
        waiting=await registration.waiting(db),
        invitations=found,
        link=f"{here.origin}/sign-up?key={accounts.keys.of(newest.id)}" if newest else None,
        mailed=newest.email if newest else None,
        now=now(),
        typed=typed or {},
        faults=faults or {},
        done=request.query_params.get("done", ""),
    )

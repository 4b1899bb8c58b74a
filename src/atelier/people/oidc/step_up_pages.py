"""Confirming who one is by signing in again at a provider, for members who have no other way here."""

from __future__ import annotations

from fastapi import Request, Response

from atelier.base.db import Acting
from atelier.base.errors import AtelierError
from atelier.limits.limit import ELSEWHERE
from atelier.people.account_settings import AccountSettings
from atelier.people.factors import confirmation_pages, prove, waiting
from atelier.people.oidc import ask_again
from atelier.people.oidc.begin import Begun
from atelier.people.oidc.elsewhere import ElsewhereHere
from atelier.people.oidc.leading_away import away
from atelier.people.oidc.said import Said
from atelier.people.rules import local_path
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.forms import FormText
from atelier.web.parts import Here, Me, Parts
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.post(
    "/account/confirmation/with/{provider}",
    access=Access.MEMBER,
    limit=ELSEWHERE,
    max_body_size=confirmation_pages.LONGEST,
)
async def go_to_confirm(
    request: Request,
    here: Here,
    elsewhere: ElsewhereHere,
    me: Me,
    provider: str,
    waits: FormText = "",
    next: FormText = "/account",
) -> Response:
    """Send a member's browser to a provider that asks them to sign in again; the form that waits is kept meanwhile."""
    session_id = confirmation_pages.in_person(me)
    chosen = elsewhere.provider(provider)
    back = local_path(next, "/account")
    ways = await confirmation_pages.ways_of(request, here, me)
    if chosen.id not in {way.id for way in ways.providers}:
        error = ask_again.HasOtherWays()
        faults = {"provider": error.message}
        return await confirmation_pages.page(request, here, me, back, waits, faults=faults, status=error.status)
    sealed = waits if waiting.open(prove.seal(here), session_id, waits) else ""
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        form = await waiting.keep(db, session_id, sealed)
    begun = Begun(chosen.id, to=back, session=str(session_id), confirms=True, form=form)
    return await away(request, here, elsewhere, chosen, begun)


async def confirmed(request: Request, here: Parts, me: Caller, said: Said, begun: Begun) -> Response:
    """Write down that it is them, and go on. Raises `DidNotAskAgain`, `OtherAccount` and `HasOtherWays`."""
    session_id = confirmation_pages.in_person(me)
    ask_again.check_fresh(said, begun)
    if said.provider.id not in {way.id for way in (await confirmation_pages.ways_of(request, here, me)).providers}:
        raise ask_again.HasOtherWays
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        await ask_again.check_linked(db, said, member_id=me.member_id)
        sealed = await waiting.kept(db, session_id, begun.form)
        await waiting.keep(db, session_id, "")
        await confirmation_pages.note(db, me, by="provider")
    return confirmation_pages.go_on(request, here, session_id, sealed, begun.to)


async def refused(
    request: Request, here: Parts, accounts: AccountSettings, me: Caller, begun: Begun, error: AtelierError
) -> Response:
    """Say what was wrong on the page that asks, with the form that waits."""
    session_id = confirmation_pages.in_person(me)
    await prove.failed(here, accounts.writer, me.member_id, by="provider", reason=error.code, signed_in=True)
    async with here.web_db.transaction(Acting.member(me.member_id)) as db:
        sealed = await waiting.kept(db, session_id, begun.form)
    faults = {"provider": error.message}
    return await confirmation_pages.page(request, here, me, begun.to, sealed, faults=faults, status=error.status)

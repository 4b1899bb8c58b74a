"""The page on which members see and change how one gets into their account: factors, recovery codes."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.base import events
from atelier.limits.limit import GENERAL, PAGES, SIGN_IN_FORM
from atelier.people.factors import authenticators, codes, prove, rules
from atelier.people.factors.passkeys import list_passkeys
from atelier.people.factors.tell import tell
from atelier.people.oidc.elsewhere import elsewhere
from atelier.people.oidc.identities import list_identities
from atelier.people.request import Accounts
from atelier.people.tables import Member
from atelier.web.access import Access
from atelier.web.caller import Caller
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, Me, Parts
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)
PAGE, APP = "/account/security", "/account/security/app"


@routes.get(PAGE, access=Access.MEMBER, limit=PAGES)
async def security(request: Request, here: Here, me: Me, db: Db) -> Response:
    """Everything that opens the account, or is asked for besides."""
    return await page(request, here, me, db)


@routes.post(APP, access=Access.MEMBER, limit=GENERAL, confirmed=True)
async def propose_app(here: Here, me: Me, db: Db) -> Response:
    """Make a secret for an authenticator app; it counts once its first code was typed."""
    await authenticators.propose(db, prove.seal(here), member_id=me.member_id)
    return RedirectResponse(APP, 303)


@routes.get(APP, access=Access.MEMBER, limit=PAGES, confirmed=True)
async def app_page(request: Request, here: Here, me: Me, db: Db) -> Response:
    """The secret to scan or type, until it is confirmed."""
    return await _app_page(request, here, me, db)


@routes.post(f"{APP}/confirmation", access=Access.MEMBER, limit=SIGN_IN_FORM, confirmed=True)
async def confirm_app(
    request: Request, here: Here, accounts: Accounts, me: Me, db: Db, code: FormText = ""
) -> Response:
    """Have the authenticator count from now on; with the first factor come the recovery codes."""
    added = await authenticators.confirm(db, prove.seal(here), member_id=me.member_id, code=code)
    if added is None:
        return await _app_page(request, here, me, db, fault=prove.WrongCode().message)
    await events.record(db, "factor:added", member=me.member_id, subject=added, factor="totp")
    await tell(db, accounts.writer, me.member_id, "app_added")
    return await hand_out(request, here, me, db, done="app")


@routes.post(f"{APP}/removal", access=Access.MEMBER, limit=GENERAL, confirmed=True)
async def remove_app(accounts: Accounts, me: Me, db: Db) -> Response:
    """Take the authenticator away."""
    removed = await authenticators.remove(db, member_id=me.member_id)
    await events.record(db, "factor:removed", member=me.member_id, subject=removed, factor="totp")
    await tell(db, accounts.writer, me.member_id, "app_removed")
    return RedirectResponse(f"{PAGE}?done=app_removed", 303)


@routes.post("/account/recovery-codes", access=Access.MEMBER, limit=GENERAL, confirmed=True)
async def new_codes(request: Request, here: Here, accounts: Accounts, me: Me, db: Db) -> Response:
    """Ten new recovery codes, shown this once; those before are good no more."""
    if not me.protected:
        return RedirectResponse(PAGE, 303)
    await tell(db, accounts.writer, me.member_id, "codes_made")
    return await _codes_page(request, here, me, db, done="codes")


async def hand_out(request: Request, here: Parts, me: Caller, db: AsyncSession, *, done: str) -> Response:
    """After a factor was added: the recovery codes if there were none, else back to the page."""
    if await codes.count(db, member_id=me.member_id):
        return RedirectResponse(f"{PAGE}?done={done}", 303)
    return await _codes_page(request, here, me, db, done=done)


async def page(
    request: Request,
    here: Parts,
    me: Caller,
    db: AsyncSession,
    *,
    faults: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The page, with what went wrong just now."""
    await _balance(request, me, db)
    member = (
        await db.execute(
            select(Member.protected, Member.password_hash.is_not(None).label("password")).where(
                Member.id == me.member_id
            )
        )
    ).one()
    mine = await list_passkeys(db, member_id=me.member_id)
    names = elsewhere(request).names
    links = [one for one in await list_identities(db, member_id=me.member_id) if one.issuer in names]
    return here.templates.page(
        request,
        "people/security.html",
        me=me,
        protected=member.protected,
        password=member.password,
        app=await authenticators.find(db, member_id=me.member_id),
        keys=mine,
        left=await codes.count(db, member_id=me.member_id),
        total=rules.CODES,
        other_ways=len(links) + len([key for key in mine if key.halted_at is None]),
        possible=rules.relying_party(here.origin) is not None,
        needed=request.query_params.get("needed", ""),
        done=request.query_params.get("done", ""),
        faults=faults or {},
        status=422 if faults and status == 200 else status,
    )


async def _app_page(
    request: Request, here: Parts, me: Caller, db: AsyncSession, *, fault: str | None = None
) -> Response:
    found = await authenticators.proposal(db, prove.seal(here), member_id=me.member_id, email=me.email)
    if found is None:
        return RedirectResponse(PAGE, 303)
    await _balance(request, me, db)
    import segno  # few web processes ever draw one

    code = segno.make(found.address, error="m")
    drawn = code.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None, dark="#151413", light="#ffffff")
    return here.templates.page(
        request,
        "people/authenticator.html",
        drawn=Markup(drawn),  # noqa: S704 - a drawing by the library, of squares alone
        secret=" ".join(found.secret[at : at + 4] for at in range(0, len(found.secret), 4)),
        address=found.address,
        fault=fault,
        status=422 if fault else 200,
    )


async def _codes_page(request: Request, here: Parts, me: Caller, db: AsyncSession, *, done: str) -> Response:
    made = await codes.make(db, here.key(codes.KEY), member_id=me.member_id)
    await _balance(request, me, db)
    return here.templates.page(request, "people/codes.html", codes=made, origin=here.origin, email=me.email, done=done)


async def _balance(request: Request, me: Caller, db: AsyncSession) -> None:
    if request.method == "POST":  # it comes by itself only when a page is read
        request.state.balance = await ledger.balance(db, member_id=me.member_id)

"""The pages of signing in through a provider: there, back, linking, unlinking, and sign-ins that it begins."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from atelier.base.errors import AtelierError
from atelier.base.ids import parse_id
from atelier.base.log import get_log
from atelier.limits.limit import ELSEWHERE, GENERAL, PAGES, SIGN_UP
from atelier.people import rules, signin
from atelier.people.account_settings import AccountSettings
from atelier.people.factors import entrance
from atelier.people.leaving.pages import about_to_go
from atelier.people.oidc import arrive, begin, identities, leave, step_up_pages
from atelier.people.oidc.begin import Begun, BegunElsewhere
from atelier.people.oidc.elsewhere import Elsewhere, ElsewhereHere
from atelier.people.oidc.leading_away import away
from atelier.people.oidc.provider import Provider
from atelier.people.oidc.refusals import ProviderDeclined, ProviderLied
from atelier.people.pages import end_session, enter
from atelier.people.request import Accounts
from atelier.people.signup import EmailTaken
from atelier.web import language, problems
from atelier.web.access import Access
from atelier.web.address import address, counted
from atelier.web.caller import Caller
from atelier.web.forms import FormText
from atelier.web.parts import Db, Here, MaybeMe, Me, Parts
from atelier.web.routes import Routes

routes = Routes(include_in_schema=False)


@routes.post("/sign-in/with/{provider}", access=Access.PUBLIC, limit=ELSEWHERE)
async def go(
    request: Request,
    here: Here,
    elsewhere: ElsewhereHere,
    provider: str,
    next: FormText = "/",
    key: FormText = "",
) -> Response:
    """Send the browser to a provider; `key` is an invitation's."""
    chosen = elsewhere.provider(provider)
    begun = Begun(chosen.id, to=rules.local_path(next), invitation=key[:100] or None)
    return await away(request, here, elsewhere, chosen, begun)


@routes.post("/account/links/{provider}", access=Access.MEMBER, limit=ELSEWHERE, confirmed=True)
async def go_to_link(request: Request, here: Here, elsewhere: ElsewhereHere, me: Me, provider: str) -> Response:
    """Send a member's browser to a provider, to link the account that they have there."""
    chosen = elsewhere.provider(provider)
    begun = Begun(chosen.id, to="/account?done=linked#links", session=str(me.session_id))
    return await away(request, here, elsewhere, chosen, begun)


@routes.get("/sign-in/with/{provider}/return", access=Access.PUBLIC, limit=ELSEWHERE)
async def come_back(
    request: Request,
    here: Here,
    elsewhere: ElsewhereHere,
    accounts: Accounts,
    maybe: MaybeMe,
    provider: str,
    state: str = "",
) -> Response:
    """Where the provider sends the browser back to. Whatever is wrong is written down, and nothing is changed."""
    chosen = elsewhere.provider(provider)
    cookie = begin.cookie_name(here.origin, state)
    begun: Begun | None = None
    try:
        begun = begin.read(elsewhere.seal, request.cookies.get(cookie, ""), provider=chosen.id, state=state)
        with language.speaking(language.of(request)):
            response = await _arrive(request, here, elsewhere, accounts, chosen, begun, maybe)
    except AtelierError as error:
        reason = getattr(error, "reason", error.code)[:500]
        get_log().warning("session:refused", provider=chosen.id, code=error.code, reason=reason)
        if begun is not None and begun.confirms and maybe is not None and _belongs(begun, maybe):
            response = await step_up_pages.refused(request, here, accounts, maybe, begun, error)
        else:
            response = await _refused(request, here, chosen, error)
    secure = here.origin.startswith("https://")
    if begin.STATE.fullmatch(state):
        response.delete_cookie(cookie, path="/", secure=secure, httponly=True, samesite="lax")
    return response


@routes.post("/sign-in/with/{provider}/sign-out", access=Access.PUBLIC, limit=PAGES)
async def told_to_end(here: Here, elsewhere: ElsewhereHere, provider: str, logout_token: FormText = "") -> Response:
    """Where the provider tells that somebody signed out there (OpenID Connect Back-Channel Logout 1.0)."""
    chosen = elsewhere.provider(provider)
    try:
        if chosen.kind != "openid":
            raise ProviderLied(chosen, "it has no such sign-out")
        told = await elsewhere.exchange.logged_out(chosen, logout_token)
        ended = await leave.end_here(here.web_db, chosen, told)
    except (ProviderLied, leave.HeardBefore) as error:
        reason = getattr(error, "reason", error.code)[:500]
        get_log().warning("oidc:logout_refused", provider=chosen.id, reason=reason)
        return JSONResponse({"error": "invalid_request", "error_description": error.message}, 400)
    get_log().info("oidc:logout_heard", provider=chosen.id, sessions=ended)
    return Response(status_code=200)


@routes.post("/account/links/{identity_id}/removal", access=Access.MEMBER, limit=GENERAL, confirmed=True)
async def unlink(elsewhere: ElsewhereHere, me: Me, db: Db, identity_id: str) -> Response:
    """Unlink an account elsewhere, and end what was begun with it in other browsers."""
    wanted = parse_id(identity_id, "account")
    await identities.unlink(db, member_id=me.member_id, identity_id=wanted, but=me.session_id, issuers=elsewhere.names)
    return RedirectResponse("/account?done=unlinked#links", 303)


async def _arrive(
    request: Request,
    here: Parts,
    elsewhere: Elsewhere,
    accounts: AccountSettings,
    provider: Provider,
    begun: Begun,
    maybe: Caller | None,
) -> Response:
    """Ask the provider who came, outside any transaction, and let them in."""
    if not _belongs(begun, maybe):
        raise BegunElsewhere
    said, access = await elsewhere.said(provider, begun, await _code(request, elsewhere, provider))
    if begun.confirms and maybe is not None:
        return await step_up_pages.confirmed(request, here, maybe, said, begun)
    if begun.session is not None and maybe is not None:
        said = await elsewhere.more(said, access)
        await arrive.link(here.web_db, accounts, said, member_id=maybe.member_id)
        return RedirectResponse(begun.to, 303)
    arrival = arrive.Arrival(
        agent=request.headers.get("user-agent", ""),
        address=address(request),
        language=language.of(request),
        invitation=begun.invitation,
        to=begun.to,
    )

    async def count() -> None:
        await here.limiter.hit(SIGN_UP, counted(request))

    opened = await arrive.known(here.web_db, elsewhere.seal, said, arrival)
    if opened is None:
        said = await elsewhere.more(said, access)
        try:
            opened = await arrive.unknown(here.web_db, elsewhere.seal, accounts, said, arrival, count=count)
        except (identities.LinkedAlready, EmailTaken):  # in another window just now
            opened = await arrive.known(here.web_db, elsewhere.seal, said, arrival)
            if opened is None:
                raise
    if opened.half:
        return entrance.onward(here.origin, opened)
    await end_session(here, maybe)
    return enter(here, opened.secret, begun.to)


def _belongs(begun: Begun, maybe: Caller | None) -> bool:
    """Whether the browser still has the session for which this was begun, if it was for one."""
    return begun.session is None or (maybe is not None and str(maybe.session_id) == begun.session)


async def _refused(request: Request, here: Parts, provider: Provider, error: AtelierError) -> Response:
    """Write down that nobody came in, and say why."""
    await arrive.refused(here.web_db, provider, error.code, address(request))
    if isinstance(error, signin.Waits):
        return here.templates.page(request, "people/waiting.html", status=error.status)
    if isinstance(error, signin.Leaving):
        return await about_to_go(request, here, error.member_id)
    return problems.answer(request, error.status, error.code, error.message, retry=error.retry, error=error)


async def _code(request: Request, elsewhere: Elsewhere, provider: Provider) -> str:
    """The code in the answer, if it comes from whom we asked (RFC 9207) and is no refusal."""
    answer = request.query_params
    issuer = answer.get("iss")
    if issuer is not None and issuer != provider.issuer:
        raise ProviderLied(provider, f"the answer comes from {issuer[:200]!r}")
    if issuer is None and (await elsewhere.metadata(provider)).names_itself:
        raise ProviderLied(provider, "the answer does not say from whom it is")
    if "error" in answer:
        raise ProviderDeclined(provider, f"it answered {answer['error'][:60]!r}")
    code = answer.get("code", "")
    if not 0 < len(code) <= 4096:
        raise ProviderLied(provider, "the answer has no code")
    return code

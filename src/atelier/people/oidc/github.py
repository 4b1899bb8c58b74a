"""GitHub, which is OAuth and not OpenID: the person and their e-mail come from its API."""

from __future__ import annotations

from typing import Any

from atelier.people import rules
from atelier.people.oidc.begin import Begun
from atelier.people.oidc.discovery import Metadata
from atelier.people.oidc.exchange import redeem
from atelier.people.oidc.provider import GITHUB, Provider
from atelier.people.oidc.reach import Reach
from atelier.people.oidc.refusals import ProviderDown, ProviderLied
from atelier.people.oidc.said import Said, name_of


def metadata(provider: Provider) -> Metadata:
    """Where GitHub, or a GitHub Enterprise Server, does what."""
    return Metadata(
        authorization=f"{provider.issuer}/login/oauth/authorize",
        token=f"{provider.issuer}/login/oauth/access_token",
        jwks="",
        userinfo=None,
        end_session=None,
        basic=False,
        names_itself=False,
    )


async def said(reach: Reach, provider: Provider, begun: Begun, code: str, origin: str) -> Said:
    """Who came back, with the primary e-mail if GitHub has verified it."""
    answer = await redeem(reach, provider, begun, code, metadata(provider), origin)
    access = answer.get("access_token")
    if not isinstance(access, str):
        raise ProviderLied(provider, "it gave no access token")
    user = await _read(reach, provider, "/user", access)
    number = user.get("id") if isinstance(user, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise ProviderLied(provider, "its user has no number")
    email, verified = _primary(await _read(reach, provider, "/user/emails", access))
    return Said(provider=provider, subject=str(number), email=email, verified=verified, name=name_of(user))


def _primary(listed: Any) -> tuple[str | None, bool]:
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and entry.get("primary") is True and isinstance(entry.get("email"), str):
            email = rules.email_address(entry["email"])
            return email, email is not None and entry.get("verified") is True
    return None, False


async def _read(reach: Reach, provider: Provider, path: str, access: str) -> Any:
    base = "https://api.github.com" if provider.issuer == GITHUB else f"{provider.issuer}/api/v3"
    headers = {"authorization": f"Bearer {access}", "accept": "application/vnd.github+json"}
    answer = await reach.ask(provider, f"{base}{path}", headers=headers)
    if answer.status >= 500:
        raise ProviderDown(provider, f"{path} answered {answer.status}")
    if path == "/user/emails" and answer.status in (403, 404):
        return []  # it was not allowed to tell the e-mail
    if answer.status != 200:
        raise ProviderLied(provider, f"{path} answered {answer.status}")
    return answer.data

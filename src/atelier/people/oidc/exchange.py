"""The code that a browser brings back, changed for what the provider says of its owner. No transaction is open here."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from atelier.base.clock import now
from atelier.people.oidc import verify
from atelier.people.oidc.begin import Begun, redirect_uri
from atelier.people.oidc.discovery import Discovery, Metadata
from atelier.people.oidc.provider import Provider
from atelier.people.oidc.reach import Reach
from atelier.people.oidc.refusals import ProviderDeclined, ProviderDown, ProviderLied
from atelier.people.oidc.said import Said, email_of, name_of


class Exchange:
    """Talks to OpenID providers on behalf of the studio at `origin`."""

    def __init__(self, reach: Reach, discovery: Discovery, origin: str) -> None:
        self._reach = reach
        self._discovery = discovery
        self._origin = origin

    async def said(self, provider: Provider, begun: Begun, code: str) -> tuple[Said, str | None]:
        """Who came back, and the access token for what else may be asked of them.

        Raises `ProviderDown`, `ProviderLied` and `ProviderDeclined`.
        """
        metadata = await self._discovery.metadata(provider)
        answer = await redeem(self._reach, provider, begun, code, metadata, self._origin)
        raw = answer.get("id_token")
        if not isinstance(raw, str):
            raise ProviderLied(provider, "it gave no ID token")
        told = await self._verified(provider, raw, begun)
        email, verified = email_of(told.claims, provider)
        access = answer.get("access_token")
        said = Said(
            provider=provider,
            subject=told.subject or "",
            sid=told.sid,
            email=email,
            verified=verified,
            name=name_of(told.claims),
            id_token=raw,
            signed_in_at=told.signed_in_at,
        )
        return said, access if isinstance(access, str) else None

    async def more(self, said: Said, access: str | None) -> Said:
        """The same person with what the userinfo endpoint adds; providers may keep the e-mail there (Core 5.3, 5.4)."""
        metadata = await self._discovery.metadata(said.provider)
        if said.email or access is None or metadata.userinfo is None:
            return said
        bearer = {"authorization": f"Bearer {access}"}
        answer = await self._reach.ask(said.provider, metadata.userinfo, headers=bearer)
        if answer.status >= 500:
            raise ProviderDown(said.provider, f"userinfo answered {answer.status}")
        if answer.status != 200 or not isinstance(answer.data, dict):
            raise ProviderLied(said.provider, f"userinfo answered {answer.status}")
        if answer.data.get("sub") != said.subject:
            raise ProviderLied(said.provider, "userinfo tells of somebody else")
        email, verified = email_of(answer.data, said.provider)
        return replace(said, email=email, verified=verified, name=said.name or name_of(answer.data))

    async def logged_out(self, provider: Provider, raw: str) -> verify.Told:
        """What a logout token says, if it is true; `ProviderLied` otherwise."""

        def judge(keys: list[Any]) -> verify.Told:
            return verify.logout_token(
                raw, keys, issuer=provider.issuer, client_id=provider.client_id, now=now().timestamp()
            )

        return await self._judged(provider, judge)

    async def _verified(self, provider: Provider, raw: str, begun: Begun) -> verify.Told:
        def judge(keys: list[Any]) -> verify.Told:
            return verify.id_token(
                raw,
                keys,
                issuer=provider.issuer,
                client_id=provider.client_id,
                nonce=begun.nonce,
                now=now().timestamp(),
            )

        return await self._judged(provider, judge)

    async def _judged(self, provider: Provider, judge: Callable[[list[Any]], verify.Told]) -> verify.Told:
        """Judge with the keys at hand, and once more with new ones if none of them fits: providers change keys."""
        try:
            try:
                return judge(await self._discovery.keys(provider))
            except verify.UnknownKey:
                return judge(await self._discovery.keys(provider, anew=True))
        except verify.Untrue as error:
            raise ProviderLied(provider, f"its token is refused: {error}") from None


async def redeem(
    reach: Reach, provider: Provider, begun: Begun, code: str, metadata: Metadata, origin: str
) -> dict[str, Any]:
    """Give the code and the verifier, and get the tokens (RFC 6749 4.1.3, RFC 7636 4.5)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri(origin, provider),
        "code_verifier": begun.verifier,
    }
    headers = {}
    if provider.client_secret is not None and metadata.basic:
        pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = provider.client_id
        if provider.client_secret is not None:
            form["client_secret"] = provider.client_secret
    answer = await reach.ask(provider, metadata.token, form=form, headers=headers)
    data = answer.data if isinstance(answer.data, dict) else {}
    if data.get("error") == "invalid_grant" or data.get("error") == "bad_verification_code":
        raise ProviderDeclined(provider, "it does not take the code")
    if answer.status >= 500:
        raise ProviderDown(provider, f"the token endpoint answered {answer.status}")
    if answer.status != 200 or "error" in data or not data:
        raise ProviderLied(provider, f"the token endpoint answered {answer.status} {str(data.get('error', ''))[:60]}")
    return data

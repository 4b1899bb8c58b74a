"""All that signing in elsewhere needs, as one part of the studio: the providers, and how they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from atelier.base.crypto import derive
from atelier.base.db import Acting, Database
from atelier.base.errors import NotFound
from atelier.base.log import get_log
from atelier.base.seal import Seal
from atelier.people.oidc import begin, github, leave
from atelier.people.oidc.begin import Begun
from atelier.people.oidc.discovery import Discovery, Metadata
from atelier.people.oidc.exchange import Exchange
from atelier.people.oidc.provider import Provider
from atelier.people.oidc.reach import Reach
from atelier.people.oidc.refusals import ProviderDown, ProviderLied
from atelier.people.oidc.said import Said
from atelier.web.caller import Caller
from atelier.web.parts import promptly

HURRY = 3.0  # seconds that signing out here waits to learn how to sign out there


@dataclass(frozen=True, slots=True)
class Button:
    """A provider as a page shows it."""

    id: str
    name: str


class Elsewhere:
    """The providers of one studio at `origin`; `reach` can be other than the network's."""

    def __init__(self, providers: Iterable[Provider], secret: str, origin: str, *, reach: Reach | None = None) -> None:
        self._providers = {provider.id: provider for provider in providers}
        self.reach = reach or Reach()
        self.origin = origin
        self.seal = Seal(derive(secret, "oidc seal"))
        self.discovery = Discovery(self.reach)
        self.exchange = Exchange(self.reach, self.discovery, origin)

    @property
    def buttons(self) -> list[Button]:
        """The providers, in the operator's order."""
        return [Button(provider.id, provider.name) for provider in self._providers.values()]

    @property
    def names(self) -> dict[str, str]:
        """What members call each issuer; only accounts at these still open anything."""
        return {provider.issuer: provider.name for provider in self._providers.values()}

    def linked(self, issuers: Collection[str]) -> list[Button]:
        """Those of the providers at which a member has linked accounts."""
        return [Button(each.id, each.name) for each in self._providers.values() if each.issuer in issuers]

    def provider(self, named: str) -> Provider:
        """The provider with that id; raises `NotFound`."""
        if (provider := self._providers.get(named)) is None:
            raise NotFound("provider")
        return provider

    async def address_there(self, provider: Provider, begun: Begun) -> str:
        """Where a browser goes to sign in there. Raises `ProviderDown` and `ProviderLied`."""
        metadata = await self.metadata(provider)
        return begin.address_there(provider, begun, authorization=metadata.authorization, origin=self.origin)

    async def metadata(self, provider: Provider) -> Metadata:
        """Where the provider does what."""
        if provider.kind == "github":
            return github.metadata(provider)
        return await self.discovery.metadata(provider)

    async def said(self, provider: Provider, begun: Begun, code: str) -> tuple[Said, str | None]:
        """Who came back with that code, and what `more` needs."""
        if provider.kind == "github":
            return await github.said(self.reach, provider, begun, code, self.origin), None
        return await self.exchange.said(provider, begun, code)

    async def more(self, said: Said, access: str | None) -> Said:
        """The same person with their e-mail, if the provider tells it only when asked again."""
        return said if said.provider.kind == "github" else await self.exchange.more(said, access)

    async def memory(self, database: Database, caller: Caller | None) -> leave.Memory | None:
        """By whose word the caller's session was opened; to be asked before it ends."""
        if caller is None or caller.session_id is None:
            return None
        async with database.transaction(Acting.member(caller.member_id)) as db:
            return await leave.memory(db, self.seal, session_id=caller.session_id)

    async def way_out(self, memory: leave.Memory | None) -> tuple[str, str] | None:
        """The provider's name, and where a browser whose session has ended here signs out there too."""
        provider = self._providers.get(memory.provider) if memory else None
        if memory is None or provider is None:
            return None
        try:
            async with asyncio.timeout(HURRY):
                metadata = await self.metadata(provider)
        except (ProviderDown, ProviderLied, TimeoutError) as error:
            get_log().warning("oidc:stays", provider=provider.id, reason=getattr(error, "reason", "too slow"))
            return None
        address = leave.address_there(provider, metadata, memory.hint, origin=self.origin)
        return (provider.name, address) if address else None


def elsewhere(request: Request) -> Elsewhere:
    found: Elsewhere = request.app.state.elsewhere
    return found


ElsewhereHere = Annotated[Elsewhere, Depends(promptly(elsewhere))]

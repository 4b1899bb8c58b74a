"""Asking a provider something through the guarded client: JSON, no redirects, and provider's errors as our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atelier.base.outgoing import NoAnswer, Outgoing, Untrusted
from atelier.people.oidc.provider import Provider
from atelier.people.oidc.refusals import ProviderDown, ProviderLied


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status and the JSON."""

    status: int
    data: Any


class Reach:
    """Asks providers for JSON."""

    def __init__(self, outgoing: Outgoing | None = None) -> None:
        self._outgoing = outgoing or Outgoing()

    async def ask(
        self,
        provider: Provider,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """GET `url`, or POST `form` to it; only the host that the settings name may have a private address.

        Raises `ProviderDown` and `ProviderLied`.
        """
        try:
            reply = await self._outgoing.ask(
                "GET" if form is None else "POST",
                url,
                form=form,
                headers=headers,
                private=(provider.host,),
                plain=provider.issuer.startswith("http://"),  # only ever this machine
            )
            return Answer(reply.status, json.loads(reply.body))
        except NoAnswer as error:
            raise ProviderDown(provider, f"{url}: {error}") from None
        except Untrusted as error:
            raise ProviderLied(provider, f"{url}: {error}") from None
        except (ValueError, RecursionError):
            raise ProviderLied(provider, f"{url}: the answer is not JSON") from None

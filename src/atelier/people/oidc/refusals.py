"""How a provider fails, with a sentence for the member and a `reason` for the operator's log."""

from __future__ import annotations

from atelier.base.errors import AtelierError, Unavailable
from atelier.people.oidc.provider import Provider
from atelier.web.language import translate


class ProviderDown(Unavailable):
    """The provider is down, too slow, or cannot be reached from here."""

    code = "provider_unreachable"

    def __init__(self, provider: Provider, reason: str) -> None:
        super().__init__(
            translate(
                "%(name)s does not answer just now, so you are not signed in. Nothing was changed; try again in a"
                " moment, or come in another way."
            )
            % {"name": provider.name}
        )
        self.reason = reason


class ProviderLied(AtelierError):
    """The provider's answer breaks the protocol, is not from it, or is not for us."""

    code = "provider_untrusted"
    status = 502

    def __init__(self, provider: Provider, reason: str) -> None:
        super().__init__(
            translate(
                "What came back from %(name)s cannot be trusted, so it was not used. Nothing was changed. Begin again;"
                " if this stays so, tell the studio's operator."
            )
            % {"name": provider.name}
        )
        self.reason = reason


class ProviderDeclined(AtelierError):
    """The member, or the provider, said no."""

    code = "provider_declined"
    status = 403

    def __init__(self, provider: Provider, reason: str) -> None:
        super().__init__(
            translate("%(name)s did not let you in, or you changed your mind there. Nothing was changed.")
            % {"name": provider.name}
        )
        self.reason = reason

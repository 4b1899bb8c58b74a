"""Whether a provider's answer confirms that the member is at the keys: the linked account, signed in just now."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.errors import AtelierError, Forbidden
from atelier.people.oidc import identities
from atelier.people.oidc.begin import Begun
from atelier.people.oidc.provider import Provider
from atelier.people.oidc.said import Said
from atelier.people.oidc.tables import Identity
from atelier.people.oidc.verify import LEEWAY
from atelier.web.language import translate


class DidNotAskAgain(AtelierError):
    """The provider does not say that it asked for a sign-in just now."""

    code = "provider_did_not_ask"
    status = 502

    def __init__(self, provider: Provider, reason: str) -> None:
        super().__init__(
            translate(
                "%(name)s did not say that you signed in there just now, so this confirms nothing. Nothing was changed."
                " Try again. If it stays so, choose “Forgotten the password?” on the sign-in page, set a password by"
                " the link in that mail, and confirm with the password."
            )
            % {"name": provider.name}
        )
        self.reason = reason


class OtherAccount(Forbidden):
    """Somebody signed in at the provider whose account is not linked to the member."""

    code = "other_account"

    def __init__(self, provider: Provider) -> None:
        super().__init__(
            translate(
                "You signed in at %(name)s with another account than the one that opens yours here, so this confirms"
                " nothing. Nothing was changed. Try again with the linked account."
            )
            % {"name": provider.name}
        )
        self.reason = "another subject"


class HasOtherWays(Forbidden):
    """The member has a password, a passkey or an app, or has not linked this provider."""

    code = "confirm_otherwise"

    def __init__(self) -> None:
        super().__init__("Confirm in one of the ways that this page offers. Nothing was changed.")


def check_fresh(said: Said, begun: Begun) -> None:
    """Raise `DidNotAskAgain` unless the person signed in there after `begun` (OpenID Connect Core 3.1.2.1, max_age).

    A provider that cannot ask again is believed, as when its members sign in.
    """
    if not said.provider.asks_again:
        return
    if said.signed_in_at is None:
        raise DidNotAskAgain(said.provider, "its token has no auth_time")
    if said.signed_in_at < begun.at - LEEWAY:
        age = begun.at - said.signed_in_at
        raise DidNotAskAgain(said.provider, f"its auth_time is {age:.0f} s older than the request")


async def check_linked(db: AsyncSession, said: Said, *, member_id: UUID) -> None:
    """Raise `OtherAccount` unless the account there is linked to the acting member."""
    mine = select(Identity.id).where(Identity.key == said.key, Identity.member_id == member_id)
    if await db.scalar(mine) is None:
        raise OtherAccount(said.provider)
    await identities.seen(db, said, member_id=member_id)

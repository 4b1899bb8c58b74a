"""What a provider says of a person, once it is believed."""

from __future__ import annotations

from dataclasses import dataclass, field

from atelier.base.crypto import digest
from atelier.people import rules
from atelier.people.oidc.provider import Provider


@dataclass(frozen=True, slots=True)
class Said:
    """A person there: `subject` never changes, everything else may. `email` is normalised."""

    provider: Provider
    subject: str
    sid: str | None = None
    email: str | None = None
    verified: bool = False
    name: str | None = None
    id_token: str | None = field(default=None, repr=False)
    signed_in_at: float | None = None  # when they last signed in there (auth_time), if the provider says so

    @property
    def key(self) -> str:
        """The digest by which a linked account is found."""
        return subject_key(self.provider.issuer, self.subject)

    @property
    def label(self) -> str:
        """What the member knows their account there by."""
        return self.email or self.name or self.subject


def subject_key(issuer: str, subject: str) -> str:
    """One person of one issuer."""
    return digest(f"{issuer}\nsub\n{subject}")


def session_key(issuer: str, sid: str) -> str:
    """One session of one issuer."""
    return digest(f"{issuer}\nsid\n{sid}")


def email_of(claims: dict[str, object], provider: Provider) -> tuple[str | None, bool]:
    """The address in `claims`, and whether the provider has seen that its owner reads it."""
    written = claims.get("email")
    email = rules.email_address(written) if isinstance(written, str) else None
    return email, email is not None and (claims.get("email_verified") is True or provider.trusts_email)


def name_of(claims: dict[str, object]) -> str | None:
    """The first of the usual claims that can be a name here."""
    for claim in ("name", "preferred_username", "nickname", "login"):
        written = claims.get(claim)
        if isinstance(written, str) and (name := rules.display_name(written[: rules.NAME_LENGTH])):
            return name
    return None

"""The settings of people: who may come in, how, and what they find."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr

from atelier.base.room_settings import RoomSettings

if TYPE_CHECKING:
    from atelier.people.oidc.provider import Provider


class PeopleSettings(RoomSettings):
    """Who may open an account, through whom members sign in, and how they leave."""

    welcome_credits: int = Field(20, ge=0, le=10_000, description="Credits for each new member.")
    registration: Literal["open", "approval", "invitation", "closed"] = Field(
        "open", description="Who may open an account: anybody, whom an operator approves or invites, or nobody."
    )
    verify_email: bool | None = Field(
        None, description="Whether a new member confirms their e-mail first. Default: yes where a mail server is set."
    )
    grace_days: int = Field(
        14, ge=1, le=365, description="Days between a member's request to leave and the erasing of their account."
    )
    oidc: SecretStr = Field(
        SecretStr(""),
        description="Other ways to sign in: OpenID providers and GitHub, as TOML or JSON. Default: `oidc.toml` in the"
        " data folder, if there is one.",
    )

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Through whom members can sign in; `ValueError` says what is wrong with what the operator wrote."""
        written, path = self.oidc.get_secret_value(), self.home / "oidc.toml"
        # a data folder that cannot be entered at all is named by whoever opens it
        if not written and os.access(self.home, os.X_OK) and path.is_file():
            try:
                written = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is no text"
                raise ValueError(f"{path} cannot be read: {reason}.") from None
        if not written:
            return ()
        from atelier.people.oidc.provider import parse  # the supervisor reads settings and should stay small

        return parse(written, self.home)

    def misfits(self) -> Iterator[str]:
        try:
            _ = self.providers
        except ValueError as error:
            yield from (f"ATELIER_OIDC: {fault}" for fault in str(error).splitlines())

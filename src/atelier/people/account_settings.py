"""How accounts are opened and closed here: who may open one, whether its e-mail is confirmed first, who is welcomed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from atelier.base.crypto import derive, sign
from atelier.limits.network import network
from atelier.notify import Keys, Writer
from atelier.people.rules import mailbox
from atelier.people.signup import Welcome


class Mode(StrEnum):
    """Who may open an account."""

    OPEN = "open"
    APPROVAL = "approval"  # anybody, and an operator says who comes in
    INVITATION = "invitation"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What opening, confirming and deleting an account takes from the studio's settings."""

    mode: Mode
    verify: bool  # a new member confirms their e-mail before anything else
    keys: Keys
    writer: Writer
    secret: str
    newcomers: tuple[int, int] = (3, 30 * 24 * 3600)  # how many of one network are welcomed, in how many seconds
    grace_days: int = 14  # between a member's request to leave and the erasing of their data

    def welcome(self, email: str, address: str | None) -> Welcome:
        """By what it is decided whether a newcomer is welcomed; nothing in it names anybody.

        `email` stands for its mailbox, however it is written; `address` for its network, None for whom an operator
        lets in.
        """
        known = self.network(address) if address else None
        return Welcome(sign(derive(self.secret, "mailbox"), mailbox(email)), known, *self.newcomers)

    def network(self, address: str) -> str:
        """The keyed digest of an address's network, by which newcomers are counted."""
        return sign(derive(self.secret, "newcomers"), network(address))

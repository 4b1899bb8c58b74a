"""How one gets in here: who may open an account, whether their e-mail is confirmed first, and who writes the mails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request

from atelier.base.crypto import derive, sign
from atelier.limits.network import network
from atelier.notify import Keys, Writer
from atelier.people.rules import mailbox
from atelier.people.signup import Welcome
from atelier.web.parts import promptly


class Mode(StrEnum):
    """Who may open an account."""

    OPEN = "open"
    APPROVAL = "approval"  # anybody, and an operator says who comes in
    INVITATION = "invitation"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Doors:
    """What the doors need of the studio's settings."""

    mode: Mode
    verify: bool  # a new member confirms their e-mail before anything else
    keys: Keys
    writer: Writer
    secret: str
    newcomers: tuple[int, int] = (3, 30 * 24 * 3600)  # how many of one network are welcomed, in how many seconds
    grace_days: int = 14  # between somebody's wish to leave and the erasing of what was theirs

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


def doors(request: Request) -> Doors:
    found: Doors = request.app.state.doors
    return found


Entry = Annotated[Doors, Depends(promptly(doors))]

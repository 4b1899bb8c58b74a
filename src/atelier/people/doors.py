"""How one gets in here: who may open an account, whether their e-mail is confirmed first, and who writes the mails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request

from atelier.base.crypto import derive, sign
from atelier.notify import Keys, Writer
from atelier.people.rules import mailbox


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
    grace_days: int = 14  # between somebody's wish to leave and the erasing of what was theirs

    def mailbox(self, email: str) -> str:
        """What stands for the mailbox behind an address, however it is written; it names nobody."""
        return sign(derive(self.secret, "mailbox"), mailbox(email))


def doors(request: Request) -> Doors:
    found: Doors = request.app.state.doors
    return found


Entry = Annotated[Doors, Depends(doors)]

"""Who makes a request, and the roles that a person can have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from fastapi import Request


class Role(StrEnum):
    """What a member may do in the studio."""

    MEMBER = "member"
    CREATOR = "creator"
    SUPPORT = "support"  # sees the console and changes nothing
    OPERATOR = "operator"


STAFF = frozenset({Role.OPERATOR, Role.SUPPORT})


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in member, through a browser's session, an API token or an app's access token."""

    member_id: UUID
    name: str
    email: str
    role: Role
    session_id: UUID | None = None
    token_id: UUID | None = None
    looking: UUID | None = None  # the operator who looks at this member's pages; nothing can be changed then
    scopes: frozenset[str] | None = None  # what a token may do; None for a browser, which may do what its member may
    confirmed_at: datetime | None = None  # when who is at the keys last showed who they are, in this session
    protected: bool = False  # whether the account asks for more than a password

    @property
    def operator(self) -> bool:
        return self.role is Role.OPERATOR

    @property
    def staff(self) -> bool:
        """Whether the console is theirs to see."""
        return self.role in STAFF


CHANGED = "atelier_caller"  # the channel on which the database names members about whom something changed

Identify = Callable[[Request], Awaitable[Caller | None]]

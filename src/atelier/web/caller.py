"""Who makes a request, and the roles that a person can have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from fastapi import Request


class Role(StrEnum):
    """What a member may do in the studio."""

    MEMBER = "member"
    CREATOR = "creator"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in member, through a browser's session or an API token."""

    member_id: UUID
    name: str
    email: str
    role: Role
    session_id: UUID | None = None
    token_id: UUID | None = None

    @property
    def operator(self) -> bool:
        return self.role is Role.OPERATOR


CHANGED = "atelier_caller"  # the channel on which the database names members about whom something changed

Identify = Callable[[Request], Awaitable[Caller | None]]

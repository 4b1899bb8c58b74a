"""Access rules: who may call a route. Each route has exactly one."""

from __future__ import annotations

from enum import StrEnum

from atelier.base.errors import Forbidden, SignedOut
from atelier.web.caller import Caller, Role


class Access(StrEnum):
    """Who may call a route."""

    PUBLIC = "public"
    MEMBER = "member"
    CREATOR = "creator"
    SUPPORT = "support"  # operators, and who helps members; the database refuses a write of the latter
    OPERATOR = "operator"
    SIGNATURE = "signature"  # whoever holds a link that we signed, or signs by a secret that we share


_ALLOWED = {
    Access.MEMBER: frozenset(Role),
    Access.CREATOR: frozenset({Role.CREATOR, Role.OPERATOR}),
    Access.SUPPORT: frozenset({Role.SUPPORT, Role.OPERATOR}),
    Access.OPERATOR: frozenset({Role.OPERATOR}),
}


def check(access: Access, caller: Caller | None) -> None:
    """Raise unless `caller` may use a route of that rule; a signature is checked by the route itself."""
    allowed = _ALLOWED.get(access)
    if allowed is None:
        return
    if caller is None:
        raise SignedOut
    if caller.role not in allowed:
        raise Forbidden("This part of the studio is for its operators.")

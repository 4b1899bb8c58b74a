"""What is an amount, and how the database's refusals are told apart."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.exc import DBAPIError

from atelier.base.errors import BadRequest

LARGEST = 1_000_000_000

# the SQLSTATEs that the ledger's functions raise
NOT_ENOUGH, OTHER_HOLD, NO_HOLD, OVERUSED, NO_WALLET, OTHER_GRANT = (f"AL00{n}" for n in range(1, 7))


class BadAmount(BadRequest):
    """That is no number of credits that can be moved."""

    code = "bad_amount"


def whole(amount: int, *, least: int = 1) -> int:
    """`amount` if it is a whole number of credits that one transfer can move; raises `BadAmount`."""
    if isinstance(amount, bool) or not isinstance(amount, int) or not least <= amount <= LARGEST:
        raise BadAmount(f"An amount is a whole number of credits from {least} to {LARGEST:,}.", field="amount")
    return amount


def sqlstate(error: DBAPIError) -> str | None:
    """The code with which the database refused."""
    return getattr(error.orig, "sqlstate", None)


def figures(error: DBAPIError) -> dict[str, Any]:
    """The numbers that came with a refusal."""
    found: dict[str, Any] = json.loads(getattr(error.orig, "detail", None) or "{}")
    return found

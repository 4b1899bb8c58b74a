"""What is an amount and what a memo, and how the database's refusals are told apart."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.exc import DBAPIError

from atelier.base.errors import BadRequest
from atelier.base.text import is_one_line

LARGEST = 1_000_000_000
LONGEST_MEMO = 200  # characters

# the SQLSTATEs that the ledger's functions raise
NOT_ENOUGH, OTHER_HOLD, NOT_FOUND, OVERUSED, NO_WALLET, OTHER_MOVEMENT, NOT_ALLOWED, BAD_EXPIRY = (
    f"AL00{n}" for n in range(1, 9)
)


class BadAmount(BadRequest):
    """That is no number of credits that can be moved."""

    code = "bad_amount"


class BadExpiry(BadRequest):
    """Credits cannot expire at that moment."""

    code = "bad_expiry"


def whole(amount: int, *, least: int = 1) -> int:
    """`amount` if it is a whole number of credits that one transfer can move; raises `BadAmount`."""
    if isinstance(amount, bool) or not isinstance(amount, int) or not least <= amount <= LARGEST:
        raise BadAmount(f"An amount is a whole number of credits from {least} to {LARGEST:,}.", field="amount")
    return amount


class BadMemo(BadRequest):
    """Words that a statement cannot show."""

    code = "bad_memo"


def memo_of(written: str) -> str:
    """What somebody wrote for a member's statement, with single spaces; raises `BadMemo`."""
    words = " ".join(written.split())
    if len(words) > LONGEST_MEMO or not is_one_line(words):
        raise BadMemo(f"A memo is one readable line of at most {LONGEST_MEMO} characters.", field="memo")
    return words


def sqlstate(error: DBAPIError) -> str | None:
    """The code with which the database refused."""
    return getattr(error.orig, "sqlstate", None)


def figures(error: DBAPIError) -> dict[str, Any]:
    """The numbers that came with a refusal."""
    found: dict[str, Any] = json.loads(getattr(error.orig, "detail", None) or "{}")
    return found

"""The seeds that tools take: 64 bits, as other tools give them."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

LARGEST = 2**64 - 1
SHORT = 2**31  # seeds below this are what the studio chooses itself, and all that it took at first
_EXACT = 2**53  # from here on a float, and so a number in JavaScript, can no longer tell each integer from the next
_DIGITS = 20  # of the largest seed


def _exactly(value: Any) -> Any:
    """The integer that was written, never a rounded one."""
    if isinstance(value, str):
        written = value.strip()
        digits = written.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            raise PydanticCustomError("seed", "must be a whole number")
        if len(digits.lstrip("0")) > _DIGITS:
            return -1 if written.startswith("-") else LARGEST + 1
        return int(written)
    if isinstance(value, float) and value.is_integer() and abs(value) >= _EXACT:
        raise PydanticCustomError("seed", "was rounded on its way here. Send it as text, in quotation marks")
    if isinstance(value, bool) or not (value is None or isinstance(value, int | float)):
        raise PydanticCustomError("seed", "must be a whole number")
    if isinstance(value, float) and not value.is_integer():
        raise PydanticCustomError("seed", "must be a whole number")
    return value


Seed = Annotated[
    int | None,
    BeforeValidator(_exactly),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": LARGEST},
                {"type": "string", "pattern": f"^[0-9]{{1,{_DIGITS}}}$"},
                {"type": "null"},
            ]
        }
    ),
    Field(ge=0, le=LARGEST),
]


def folded(seed: int) -> int:
    """The seed for a generator that reads 32 bits: a shorter one as it is, a longer one by its digest."""
    if seed < 2**32:
        return seed
    return int.from_bytes(hashlib.blake2b(seed.to_bytes(8, "big"), digest_size=4).digest(), "big")


def seed_of(seed: int | None, position: int) -> int:
    """The seed of one picture of a run: the run's seed plus the picture's position.

    A run whose seed has at most 31 bits counts within 31 bits, so that pictures made when no more were taken come out
    the same; any other counts within 64.
    """
    first = seed or 0
    return (first + position) % (SHORT if first < SHORT else LARGEST + 1)

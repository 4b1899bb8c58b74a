"""Secrets that are known by their look: a prefix that says what they are, and a checksum at their end.

Whoever finds one where none should be (a scanner of repositories, a proxy, our own log) knows it without asking, and we
refuse a mistyped one without looking. Letters and digits alone, so that a double click selects the whole.
"""

from __future__ import annotations

import re
import secrets
import zlib

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 40  # characters of chance: 238 bits
CHECKSUM = 6  # characters of the CRC-32
_BODY = re.compile(rf"[A-Za-z0-9]{{{LENGTH + CHECKSUM}}}", re.ASCII)


def new_secret(prefix: str) -> str:
    """A fresh secret that begins with `prefix`."""
    return seal(prefix, "".join(secrets.choice(LETTERS) for _ in range(LENGTH)))


def seal(prefix: str, chance: str) -> str:
    """The secret of that prefix and those 40 characters, with its checksum."""
    return f"{prefix}{chance}{_checksum(prefix + chance)}"


def spell(number: int, length: int) -> str:
    """A number in the letters that secrets are made of, its last `length` digits."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(LETTERS))
        digits.append(LETTERS[digit])
    return "".join(reversed(digits))


def is_secret(prefix: str, text: str) -> bool:
    """Whether `text` looks like one that we made with that prefix."""
    body = text.removeprefix(prefix)
    if body == text or not _BODY.fullmatch(body):
        return False
    return _checksum(prefix + body[:LENGTH]) == body[LENGTH:]


def _checksum(text: str) -> str:
    return spell(zlib.crc32(text.encode()), CHECKSUM)

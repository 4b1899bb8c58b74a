"""What may stand in the head of a mail: nothing that ends its line, and one address at a time."""

from __future__ import annotations

import re
import unicodedata
from email.utils import parseaddr

_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII)


def is_recipient(written: str) -> bool:
    """Whether `written` is one bare address, its domain in lower case, for a mail's head and envelope."""
    return len(written) <= 254 and written.isascii() and _ADDRESS.fullmatch(written) is not None and one_line(written)


def is_sender(written: str) -> bool:
    """Whether `written` can stand as From: an address, or a name and an address."""
    return one_line(written) and is_recipient(bare(written))


def bare(sender: str) -> str:
    """The address of a sender, without their name; empty where there is none."""
    return parseaddr(sender)[1]


def one_line(written: str) -> bool:
    """Whether `written` can stand in a head without ending its line."""
    return not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in written)

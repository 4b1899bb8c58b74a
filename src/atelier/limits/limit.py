"""A limit as a value: its name, its rate and whom it counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Per(StrEnum):
    """Whom a limit counts."""

    MEMBER = "member"  # the member, or the address of somebody signed out
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Limit:
    """`rates` as the `limits` library writes them ("10/minute"), several with a semicolon."""

    name: str
    rates: str
    per: Per = Per.MEMBER


GENERATION = Limit("generation", "10/minute")
GENERAL = Limit("general", "100/minute")
PAGES = Limit("pages", "300/minute")
FILES = Limit("files", "1200/minute")
SIGN_IN = Limit("sign_in", "5/10 minute", Per.ADDRESS)
SIGN_UP = Limit("sign_up", "3/hour", Per.ADDRESS)
NONE = Limit("none", "")

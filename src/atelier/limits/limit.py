"""A limit as a value: its name, its rate and whom it counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from limits import parse_many


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
LIMITS = {limit.name: limit for limit in (GENERATION, GENERAL, PAGES, FILES, SIGN_IN, SIGN_UP)}


def parse_rates(written: str) -> dict[str, str]:
    """An operator's own rates, `name=rate` with commas (`generation=20/minute, sign_up=9/hour`), by name.

    Raises `ValueError` with a sentence for the first that cannot be.
    """
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        name, _, rate = (side.strip() for side in part.partition("="))
        if name not in LIMITS:
            raise ValueError(f"there is no limit {name!r}; there are {', '.join(LIMITS)}")
        try:
            parse_many(rate)
        except ValueError:
            raise ValueError(f"{rate!r} is no rate for {name}; write it like {LIMITS[name].rates}") from None
        found[name] = rate
    return found

"""A limit as a value: its name, its rate and whom it counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from atelier.base.text import listed
from limits import RateLimitItem, parse_many


class Per(StrEnum):
    """Whom a limit counts."""

    MEMBER = "member"  # the member, or the address of somebody signed out
    ADDRESS = "address"
    HOLDER = "holder"  # the session or token that a request brought, or the address of somebody signed out
    ACCOUNT = "account"  # the e-mail that was typed, whether it is anybody's or not


@dataclass(frozen=True, slots=True)
class Limit:
    """`rates` as the `limits` library writes them ("10/minute"), several with a semicolon."""

    name: str
    rates: str
    per: Per = Per.MEMBER


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands with one rate of a limit: how much is left, and in how many seconds one more will be."""

    name: str
    quota: int
    window: int  # seconds
    left: int
    reset: int  # seconds


GENERATION = Limit("generation", "10/minute")
TRANSCRIPTION = Limit("transcription", "20/minute")
ANALYSIS = Limit("analysis", "30/minute")
CHAT = Limit("chat", "60/minute")
GENERAL = Limit("general", "100/minute")
PAGES = Limit("pages", "300/minute")
FILES = Limit("files", "1200/minute")
SIGN_IN = Limit("sign_in", "5/10 minute", Per.ADDRESS)
SIGN_UP = Limit("sign_up", "3/hour", Per.ADDRESS)
# what is typed into the form; only failures count towards the two locks, which people.locks keeps in the database
SIGN_IN_FORM = Limit("sign_in_form", "60/10 minute", Per.ADDRESS)
LOCK_ADDRESS = Limit("lock_address", "5/15 minute", Per.ADDRESS)
LOCK_ACCOUNT = Limit("lock_account", "5/15 minute", Per.ACCOUNT)
# typing mistakes don't use up the accounts that an address may open, which SIGN_UP counts
SIGN_UP_FORM = Limit("sign_up_form", "20/10 minute", Per.ADDRESS)
KEY_FORM = Limit("key_form", "20/10 minute", Per.ADDRESS)  # the pages that links in mails lead to
ELSEWHERE = Limit("elsewhere", "60/10 minute", Per.ADDRESS)  # ways to a sign-in provider and back
RESEND = Limit("resend", "5/10 minute", Per.ADDRESS)  # mails that somebody signed out asks for …
RESEND_EMAIL = Limit("resend_email", "3/hour", Per.ACCOUNT)  # … and that one address gets of each kind
NEWCOMERS = Limit("newcomers", "3/30 day", Per.ADDRESS)  # accounts of one network that are welcomed with credits
# Requests that were refused: they spend nothing of the limit for what they asked for, and count here instead.
REFUSED = Limit("refused", "100/minute", Per.HOLDER)
DATA_EXPORTS = Limit("data_exports", "6/day")
EXPORTS = Limit("exports", "10/10 minute")  # an operator's downloads of whole tables
REPORTS = Limit("reports", "20/minute", Per.ADDRESS)  # what browsers report about the content policy
WEBHOOKS = Limit("webhooks", "600/minute", Per.ADDRESS)  # what providers tell
NONE = Limit("none", "")
LIMITS = {
    limit.name: limit
    for limit in (
        *(GENERATION, TRANSCRIPTION, ANALYSIS, CHAT, GENERAL, PAGES, FILES, SIGN_IN, SIGN_UP, SIGN_IN_FORM),
        *(SIGN_UP_FORM, KEY_FORM, ELSEWHERE, DATA_EXPORTS, EXPORTS, REPORTS, WEBHOOKS),
        *(LOCK_ADDRESS, LOCK_ACCOUNT, RESEND, RESEND_EMAIL, NEWCOMERS, REFUSED),
    )
}


@lru_cache(256)
def items(rates: str, *, halved: bool = False) -> tuple[RateLimitItem, ...]:
    """The rates one by one; halved, each lets half as much pass, and one at least."""
    found = parse_many(rates) if rates else []
    if not halved:
        return tuple(found)
    return tuple(type(each)(max(1, each.amount // 2), each.multiples, each.namespace) for each in found)


def parse_rates(written: str) -> dict[str, str]:
    """An operator's own rates, `name=rate` with commas (`generation=20/minute, sign_up=9/hour`), by name.

    Raises `ValueError` with a sentence for the first that cannot be.
    """
    found: dict[str, str] = {}
    for part in listed(written):
        name, _, rate = (side.strip() for side in part.partition("="))
        if name not in LIMITS:
            raise ValueError(f"there is no limit {name!r}; there are {', '.join(LIMITS)}")
        try:
            parse_many(rate)
        except ValueError:
            raise ValueError(f"{rate!r} is no rate for {name}; write it like {LIMITS[name].rates}") from None
        found[name] = rate
    return found

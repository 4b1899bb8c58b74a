"""What an e-mail, a name, a password and a way back must be. Each check returns values and touches nothing."""

from __future__ import annotations

import re
import unicodedata
from importlib.resources import files
from urllib.parse import urlsplit

import idna

from atelier.base.text import JOINERS, is_part_of_letter, joins_visibly
from atelier.people.lookalikes import mixes_scripts

NAME_LENGTH = 80
PASSWORD_SHORTEST, PASSWORD_LONGEST = 8, 200
NAME_FAULT = "Write the name that others may see, at most 80 characters."
EMAIL_FAULT = "Write an e-mail address like name@example.org."
CURRENT_FAULT = "This is not your password."
SAME_EMAIL_FAULT = "This is your address already."
NOTE_FAULT = "Write at most 500 characters, on one line."
INVITATION_FAULT = "Choose a role and a time from the lists."
LABEL_FAULT = "Write what the token is for, in at most 80 characters, so that you know it again."
SCOPES_FAULT = "Choose at least one thing that it may do."
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_LEET = str.maketrans("@4310$57!", "aaeiosstl")
_COMMON = frozenset(files("atelier.people").joinpath("common_passwords.txt").read_text("utf-8").split())

Faults = dict[str, str]  # the field and the sentence that stands beside it


def email_address(written: str) -> str | None:
    """The address in the one form in which we keep it (lower case, the domain in ASCII), or None if it is none."""
    local, at, domain = unicodedata.normalize("NFKC", written).strip().rpartition("@")
    local = local.lower()
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        return None
    try:
        domain = idna.encode(domain.lower(), uts46=True).decode()
        if mixes_scripts(idna.decode(domain)):
            return None
    except idna.IDNAError:
        return None
    address = f"{local}@{domain}"
    return address if "." in domain and len(address) <= 254 else None


def mailbox(address: str) -> str:
    """One form for the ways in which the address of one mailbox can be written: without its tag and Gmail's dots."""
    local, _, domain = address.partition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def display_name(written: str) -> str | None:
    """The name with single spaces, or None if it is empty, too long, unreadable, or looks like another's."""
    name = " ".join(unicodedata.normalize("NFC", written).split())
    if not name or len(name) > NAME_LENGTH or is_part_of_letter(name[0]):
        return None
    if any(unicodedata.category(sign)[0] == "C" and not _can_stay(name, at) for at, sign in enumerate(name)):
        return None
    return None if mixes_scripts(unicodedata.normalize("NFKC", name)) else name


def _can_stay(name: str, at: int) -> bool:
    """Whether a character that is invisible by itself is part of a letter there."""
    return name[at] in JOINERS and joins_visibly(name, at)


def password_fault(password: str, email: str = "") -> str | None:
    """The first reason why `password` is no good for the member with `email`, as a sentence, or None."""
    if len(password) < PASSWORD_SHORTEST:
        return "Use at least 8 characters."
    if len(password) > PASSWORD_LONGEST:
        return "Use at most 200 characters."
    if not any(sign.islower() for sign in password):
        return "Add a small letter."
    if not any(sign.isupper() for sign in password):
        return "Add a capital letter."
    if not any(sign.isdecimal() for sign in password):
        return "Add a digit."
    if re.search(r"(.)\1{3}", password, re.DOTALL):
        return "Don't repeat a character four times in a row."
    if "atelier" in _plain(password):
        return "Leave the studio's name out of it."
    own = email.partition("@")[0]
    if own and (own in password.lower() if len(own) >= 4 else own == _stem(password.lower())):
        return "Leave your e-mail's name out of it."
    if is_common(password):
        return "This password is one of the first that others would try. Take a less common one."
    return None


def is_common(password: str) -> bool:
    """Whether `password` is a well-known one, also with digits and signs at its end or put for letters."""
    lower = password.lower()
    return not _COMMON.isdisjoint({lower, _stem(lower), _plain(lower), _plain(_stem(lower)), _stem(_plain(lower))})


def local_path(wanted: str, otherwise: str = "/") -> str:
    """`wanted` if it is a path within this studio, else `otherwise`: nobody is sent elsewhere after signing in."""
    if not wanted.startswith("/") or len(wanted) > 2000 or "\\" in wanted:
        return otherwise
    if any(ord(sign) <= 32 or ord(sign) == 127 for sign in wanted):
        return otherwise
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return otherwise
    elsewhere = parts.scheme or parts.netloc or wanted.startswith("//")
    return otherwise if elsewhere else wanted


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser(agent: str) -> str:
    """What a member calls the browser that sends this User-Agent: `Firefox, Linux`; the words themselves if unknown."""
    name = next((name for sign, name in _BROWSERS if sign in agent), None)
    system = next((name for sign, name in _SYSTEMS if sign in agent), None)
    return ", ".join(filter(None, (name, system))) or agent[:40] or "Unknown"


def device(kind: str, agent: str) -> str:
    """What a member calls where they are signed in: an app by its own name, a browser by its kind."""
    return browser(agent) if kind == "browser" else agent or "Unknown"


def _stem(text: str) -> str:
    return re.sub(r"[\W\d_]+$", "", text)


def _plain(text: str) -> str:
    return text.lower().translate(_LEET)

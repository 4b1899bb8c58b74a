"""What a code must be and when it counts, how recovery codes are made, and for which addresses there are passkeys."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP, DIGITS, DRIFT = 30, 6, 1  # seconds, digits, and steps that a clock may be off (RFC 6238, 5.2)
SECRET = 20  # bytes, as RFC 4226 asks for
CODES, GROUPS, LETTERS = 10, 3, 4
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else; 12 of them carry 59 bits


def totp(secret: bytes) -> TOTP:
    """The generator that every authenticator app has: SHA-1, 6 digits, 30 seconds (RFC 6238)."""
    return TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303 - what the apps speak; HMAC does not need more


def matching_step(secret: bytes, code: str, at: float) -> int | None:
    """The time step to which `code` belongs at that second, one off at most; None if to none. Always the same work."""
    generator, now, found = totp(secret), int(at) // STEP, None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(generator.generate(step * STEP), code.encode()):
            found = step
    return found


def digits(written: str) -> str | None:
    """A code of an authenticator as it was typed or pasted, or None if it is none."""
    code = "".join(unicodedata.normalize("NFKC", written[:64]).split())
    return code if len(code) == DIGITS and code.isascii() and code.isdigit() else None


def new_codes() -> list[str]:
    """Ten recovery codes as they are shown: `abcd-efgh-jkmn`."""
    return [
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)) for _ in range(GROUPS)) for _ in range(CODES)
    ]


def recovery_code(written: str) -> str | None:
    """A recovery code as it was typed, whatever stands between its letters; None if it is none."""
    letters = [sign for sign in unicodedata.normalize("NFKC", written[:64]).lower() if sign.isalnum()]
    code = "".join(letters)
    return code if len(code) == GROUPS * LETTERS and set(code) <= set(ALPHABET) else None


def relying_party(origin: str) -> str | None:
    """The name for which the studio's passkeys are good, its host; None where browsers make none.

    They make them for names only, and only where the way is safe (WebAuthn Level 3, 5.1.3): https, or this machine.
    """
    address = urlsplit(origin)
    host = address.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return None
    here = host == "localhost" or host.endswith(".localhost")
    return host if host and (address.scheme == "https" or here) else None

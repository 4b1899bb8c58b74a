"""Judging a token that a provider signed. Nothing here asks anybody: keys and time are given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("Ed25519",),  # RFC 9864; "EdDSA" does not say of which curve
}
LEEWAY = 60  # seconds by which two clocks may differ
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST = 16_384  # characters of a token
FRESH = 600  # seconds for which a logout token is good, whatever end it names


class Untrue(Exception):
    """The token is not what it should be; the text says why, for the log."""


class UnknownKey(Untrue):
    """None of the keys made its signature; newer ones may have."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a true token says: who, in which of the provider's sessions, and all the rest."""

    subject: str | None
    sid: str | None
    claims: dict[str, Any]
    signed_in_at: float | None = None  # auth_time


def id_token(raw: str, keys: Sequence[Key], *, issuer: str, client_id: str, nonce: str, now: float) -> Told:
    """Verify an ID token by OpenID Connect Core 3.1.3.7; raise `Untrue`."""
    header, claims = _open(raw, keys)
    if header.get("typ") not in (None, "JWT", "jwt"):
        raise Untrue(f"it is of the kind {header.get('typ')!r}")
    audience = _check_whose(claims, issuer, client_id)
    party = claims.get("azp")
    if (party is not None and party != client_id) or (party is None and len(audience) > 1):
        raise Untrue(f"it was made for {party!r} among {audience}")
    _, ends = _check_times(claims, now)
    if ends is None:
        raise Untrue("it never ends")
    if not isinstance(claims.get("nonce"), str) or claims["nonce"] != nonce:
        raise Untrue("its nonce is not the one that was sent")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Untrue("it names nobody")
    signed_in_at = _number(claims, "auth_time")
    if signed_in_at is not None and signed_in_at > now + LEEWAY:
        raise Untrue("its auth_time is in the future")
    return Told(subject, _text(claims, "sid"), claims, signed_in_at)


def logout_token(raw: str, keys: Sequence[Key], *, issuer: str, client_id: str, now: float) -> Told:
    """Verify a logout token by OpenID Connect Back-Channel Logout 2.6; raise `Untrue`."""
    header, claims = _open(raw, keys)
    if header.get("typ") not in (None, "logout+jwt", "JWT", "jwt"):
        raise Untrue(f"it is of the kind {header.get('typ')!r}")
    _check_whose(claims, issuer, client_id)
    made, _ = _check_times(claims, now)
    if made < now - FRESH - LEEWAY:
        raise Untrue("it is old")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT), dict):
        raise Untrue("it tells of no sign-out")
    if "nonce" in claims:
        raise Untrue("it has a nonce, as only an ID token has")
    if _text(claims, "jti") is None:
        raise Untrue("it has no name of its own (jti)")
    told = Told(_text(claims, "sub"), _text(claims, "sid"), claims)
    if told.subject is None and told.sid is None:
        raise Untrue("it names neither a person nor a session")
    return told


def _open(raw: str, keys: Sequence[Key]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims, if one of the keys signed them by an algorithm that suits its kind."""
    if len(raw) > LONGEST:
        raise Untrue("it is too long")
    try:
        header = jws.extract_compact(raw.encode()).headers()
    except (JoseError, ValueError, RecursionError):
        raise Untrue("it is no signed token") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or all(algorithm not in names for names in ALGORITHMS.values()):
        raise Untrue(f"it is signed by {algorithm!r}")
    for key in keys:
        if algorithm not in ALGORITHMS.get(key.key_type, ()):
            continue
        if kid is not None and key.kid is not None and key.kid != kid:
            continue
        try:
            payload = jws.deserialize_compact(raw.encode(), key, algorithms=[algorithm]).payload
        except (JoseError, ValueError):
            continue
        return dict(header), _claims(payload)
    raise UnknownKey(f"no key {kid!r} made its signature")


def _claims(payload: bytes | None) -> dict[str, Any]:
    try:
        claims = json.loads(payload or b"")
    except (ValueError, RecursionError):
        raise Untrue("its claims are not JSON") from None
    if not isinstance(claims, dict):
        raise Untrue("its claims are no object")
    return claims


def _check_whose(claims: dict[str, Any], issuer: str, client_id: str) -> list[Any]:
    if claims.get("iss") != issuer:
        raise Untrue(f"it comes from {claims.get('iss')!r}")
    found = claims.get("aud")
    audience = found if isinstance(found, list) else [found]
    if client_id not in audience:
        raise Untrue(f"it is for {found!r}")
    return audience


def _check_times(claims: dict[str, Any], now: float) -> tuple[float, float | None]:
    """When it was made and when it ends; both fit the present moment."""
    ends, begun, made = (_number(claims, name) for name in ("exp", "nbf", "iat"))
    if made is None or made > now + LEEWAY:
        raise Untrue("it was made at no time or in the future")
    if ends is not None and ends < now - LEEWAY:
        raise Untrue("it has expired")
    if begun is not None and begun > now + LEEWAY:
        raise Untrue("it is not yet good")
    return made, ends


def _number(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise Untrue(f"its {name} is no time")
    return float(value)


def _text(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise Untrue(f"its {name} is no name")
    return value

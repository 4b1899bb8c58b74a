"""Access tokens: JWTs of fifteen minutes that say for which sign-in of which member an app speaks (RFC 9068).

The studio is the only one that makes and reads them, so they are signed by a key of its own (HS256). A header is one
of ours to the letter or the token is nobody's: what others write into theirs (`none`, another key, an address) is not
read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from atelier.base.ids import new_id

LASTS = timedelta(minutes=15)
SKEW = 60  # seconds by which the clocks of two of our machines may differ
ALGORITHM = "HS256"
# Which keys there are: the first signs, all verify. To change the key, put a new name in front and take the old one
# away fifteen minutes later; or change the studio's secret, which changes all of them at once.
KEYS = ("1",)
LONGEST = 2048  # characters
_LOOK = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}", re.ASCII)

Key = Callable[[str], bytes]  # a key of the studio's own for one purpose


@dataclass(frozen=True, slots=True)
class Access:
    """What a good access token says."""

    member_id: UUID
    session_id: UUID
    scopes: frozenset[str]
    expires_at: datetime


class AccessTokens:
    """Makes and reads the access tokens of the studio at `origin`."""

    def __init__(self, key: Key, origin: str, names: Sequence[str] = KEYS) -> None:
        self._issuer, self._audience = origin, f"{origin}/api"
        self._keys: dict[str, OctKey] = {}  # by the beginning of the tokens that each signs
        for name in names:
            found = OctKey.import_key(key(f"access token {name}"))
            self._keys[self._sign(name, found, b"{}").partition(".")[0]] = found
        self._name, self._key = names[0], next(iter(self._keys.values()))

    def make(self, *, member_id: UUID, session_id: UUID, scopes: Iterable[str], at: datetime) -> str:
        """A token that is good from `at` on."""
        made = int(at.timestamp())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(member_id),
            "sid": str(session_id),
            "jti": str(new_id()),
            "scope": " ".join(sorted(scopes)),
            "iat": made,
            "nbf": made,
            "exp": made + int(LASTS.total_seconds()),
        }
        return self._sign(self._name, self._key, json.dumps(claims, separators=(",", ":")).encode())

    def read(self, text: str, *, at: datetime) -> Access | None:
        """What the token says, if it is one of ours, for us, and good at that moment."""
        if len(text) > LONGEST or not _LOOK.fullmatch(text):
            return None
        key = self._keys.get(text.partition(".")[0])
        if key is None:
            return None
        try:
            payload = jws.deserialize_compact(text.encode(), key, algorithms=[ALGORITHM]).payload
        except (JoseError, ValueError):
            return None
        return self._judge(json.loads(payload or b"null"), at.timestamp())

    def _judge(self, claims: dict[str, object], at: float) -> Access | None:
        """What we signed says nothing odd, but maybe nothing that is good here and now."""
        begins, ends = claims.get("nbf"), claims.get("exp")
        if claims.get("iss") != self._issuer or claims.get("aud") != self._audience:
            return None
        if not isinstance(begins, int) or not isinstance(ends, int) or at >= ends or at < begins - SKEW:
            return None
        return Access(
            member_id=UUID(str(claims["sub"])),
            session_id=UUID(str(claims["sid"])),
            scopes=frozenset(str(claims["scope"]).split()),
            expires_at=datetime.fromtimestamp(ends, UTC),
        )

    @staticmethod
    def _sign(name: str, key: OctKey, payload: bytes) -> str:
        return jws.serialize_compact({"alg": ALGORITHM, "kid": name, "typ": "at+jwt"}, payload, key)

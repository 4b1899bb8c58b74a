"""What a passkey signs: a random challenge, good for a few minutes, for one purpose, in one browser, and once.

The browser keeps it sealed in a cookie of its own, so that asking costs the database nothing; what is answered is
remembered until it would be too old anyway.
"""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime, timedelta

from fastapi import Request, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.clock import now
from atelier.base.crypto import base64url, digest, from_base64url
from atelier.base.errors import AtelierError
from atelier.base.seal import Seal

LASTS = 600  # seconds
MOST = 5  # that one browser keeps
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class ChallengeSpent(AtelierError):
    """The answer belongs to nothing that this browser was asked in the last minutes."""

    code = "challenge_spent"
    status = 410

    def __init__(self) -> None:
        super().__init__("That took too long, or was used before. Nothing was changed; try again.")


def ask(request: Request, response: Response, seal: Seal, origin: str, *, purpose: str) -> bytes:
    """A new challenge for that purpose, kept by the browser that gets the response instead of its oldest ones."""
    secure = origin.startswith("https://")
    kept_already = [name for name in request.cookies if name.startswith(_cookie(origin, ""))]
    for name in kept_already[: 1 - MOST]:  # browsers send the oldest first (RFC 6265, 5.4)
        response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")
    challenge = base64url(secrets.token_bytes(32))
    kept = json.dumps({"challenge": challenge, "at": now().timestamp()})
    response.set_cookie(
        _cookie(origin, challenge),
        seal.close(kept, purpose=f"challenge {purpose}"),
        max_age=LASTS,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return from_base64url(challenge)


async def spend(db: AsyncSession, request: Request, seal: Seal, origin: str, *, purpose: str, challenge: str) -> bytes:
    """The challenge that an answer names, used up by that; raises `ChallengeSpent`."""
    if not CHALLENGE.fullmatch(challenge):
        raise ChallengeSpent
    kept = seal.open(request.cookies.get(_cookie(origin, challenge), "")[:1000], purpose=f"challenge {purpose}")
    if kept is None:
        raise ChallengeSpent
    asked = json.loads(kept)
    if asked["challenge"] != challenge or not -60 < now().timestamp() - asked["at"] < LASTS:
        raise ChallengeSpent
    until = datetime.fromtimestamp(asked["at"], UTC) + timedelta(seconds=2 * LASTS)
    once = text("SELECT people_challenge_once(:named, :until)")
    if not (await db.execute(once, {"named": digest(challenge), "until": until})).scalar_one():
        raise ChallengeSpent
    return from_base64url(challenge)


def _cookie(origin: str, challenge: str) -> str:
    """One for each challenge, so that two windows don't get in each other's way."""
    return ("__Host-" if origin.startswith("https://") else "") + f"atelier-passkey-{challenge[:8]}"

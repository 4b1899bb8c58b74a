"""Locks on the sign-in door: by network, by account, and a way past the second for browsers that belong to its owner.

Five failures in fifteen minutes lock. They are counted in the database, so that every web process knows them and a
restart forgets none. A stranger can lock only strangers out of an account: a browser that signed in to it before
carries a signed cookie, and is counted by itself (the device cookie of OWASP).
"""

from __future__ import annotations

import asyncio
import math
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.clock import now
from atelier.base.crypto import new_token, sign, verify
from atelier.base.db import Acting, Database
from atelier.base.errors import TooMany, Unavailable
from atelier.base.ids import new_id
from atelier.base.log import get_log
from atelier.limits import Limiter
from atelier.limits.limit import LOCK_ACCOUNT, LOCK_ADDRESS
from atelier.limits.network import network
from atelier.people.rules import email_address

if TYPE_CHECKING:
    from fastapi import Response

LASTS = 180 * 24 * 3600  # seconds that a browser is known for after it signed in
PATIENCE = 20.0  # seconds that one try waits for others of the same place to end
KNOWN = re.compile(r"([A-Za-z0-9_-]{16})\.([0-9]{1,12})\.([A-Za-z0-9_-]{22})", re.ASCII)

Key = Callable[[str], bytes]  # a key of the studio's own for one purpose


class Locked(TooMany):
    """Too many failures from here or on this account."""

    code = "sign_in_locked"

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds, "Too many tries failed, so this one was not looked at.")
        self.minutes = math.ceil(seconds / 60)


@dataclass(frozen=True, slots=True)
class Place:
    """What a try counts for: the keyed digest of the account that it names, its network, and its browser if known."""

    account: str
    network: str
    device: str | None = None


def account_of(key: Key, email: str) -> str:
    """The name under which failures on an account are kept: a keyed digest, whether there is such an account or not."""
    return sign(key("sign-in account"), email_address(email) or email.strip().lower()[:500])


def place(key: Key, *, email: str, address: str, cookies: Mapping[str, str], origin: str) -> Place:
    """Where a try counts."""
    account = account_of(key, email)
    return Place(account, network(address), _device(key, account, cookies.get(cookie_name(origin, account), "")))


def remember(response: Response, key: Key, *, origin: str, email: str) -> None:
    """Make the browser one that is known to this account's owner; only after they proved who they are."""
    account = account_of(key, email)
    device, until = new_token(12), int(now().timestamp()) + LASTS
    signature = sign(key("known browser"), f"{account}.{device}.{until}")
    response.set_cookie(
        cookie_name(origin, account),
        f"{device}.{until}.{signature}",
        max_age=LASTS,
        path="/",
        secure=origin.startswith("https://"),
        httponly=True,
        samesite="lax",
    )


def cookie_name(origin: str, account: str) -> str:
    """A cookie for each account, so that a household's browser is known to each of its members."""
    prefix = "__Host-" if origin.startswith("https://") else ""
    return f"{prefix}atelier-known-{account[:8]}"


def _device(key: Key, account: str, cookie: str) -> str | None:
    parts = KNOWN.fullmatch(cookie)
    if parts is None or int(parts[2]) < now().timestamp():
        return None
    return parts[1] if verify(key("known browser"), f"{account}.{parts[1]}.{parts[2]}", parts[3]) else None


_CLAIM = text("SELECT sign_in_claim(:claim, :account, :network, :device, :a_most, :a_s, :n_most, :n_s)")
_FAILED = text("SELECT sign_in_failed(:claim, :window)")
_SUCCEEDED = text("SELECT sign_in_succeeded(:claim, :clears)")


class Locks:
    """Counts failures at the rates in force; one for each process, and all of them count together."""

    def __init__(self, database: Database, limiter: Limiter) -> None:
        self._database = database
        self._account = limiter.first(LOCK_ACCOUNT)
        self._network = limiter.first(LOCK_ADDRESS)

    async def claim(self, at: Place) -> UUID:
        """Take a place for one try; raises `Locked`. It ends with `failed` or `succeeded`, or counts as a failure."""
        claim, until = new_id(), time.monotonic() + PATIENCE
        values = {
            "claim": claim,
            "account": at.account,
            "network": at.network,
            "device": at.device,
            "a_most": self._account[0],
            "a_s": float(self._account[1]),
            "n_most": self._network[0],
            "n_s": float(self._network[1]),
        }
        while True:
            async with self._database.transaction(Acting.nobody()) as db:
                waits = float((await db.execute(_CLAIM, values)).scalar_one())
            if waits == 0:
                return claim
            if waits > 0:
                get_log().warning("session:locked", network=at.network, account=at.account[:8])
                raise Locked(max(1, math.ceil(waits)))
            if time.monotonic() > until:
                raise Unavailable("Too many people are signing in just now. Try again in a moment.")
            await asyncio.sleep(random.uniform(0.05, 0.25))  # noqa: S311 - spreads the tries, guards nothing

    async def failed(self, claim: UUID, *, member: UUID | None, at: Place) -> None:
        """The password was wrong: that counts, and stands in the trail, with the member whom it was tried on if any."""
        window = max(self._account[1], self._network[1])
        async with self._database.transaction(Acting.nobody()) as db:
            await db.execute(_FAILED, {"claim": claim, "window": float(window)})
            await events.record(db, "session:refused", member=None, subject=member, account=at.account[:8])

    async def succeeded(self, claim: UUID, *, clears: bool = True) -> None:
        """The try is forgotten; with `clears` also what failed before from this browser or network on the account."""
        async with self._database.transaction(Acting.nobody()) as db:
            await succeeded(db, claim, clears=clears)


async def succeeded(db: AsyncSession, claim: UUID, *, clears: bool = True) -> None:
    """As `Locks.succeeded`, in the transaction that opens the session."""
    await db.execute(_SUCCEEDED, {"claim": claim, "clears": clears})

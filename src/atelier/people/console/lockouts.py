"""The locks on signing in: accounts and networks that strangers cannot use after too many failures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base import events
from atelier.base.db import rows_changed
from atelier.base.errors import NotFound
from atelier.limits import Limiter
from atelier.limits.limit import LOCK_ACCOUNT, LOCK_ADDRESS, items


@dataclass(frozen=True, slots=True)
class Lock:
    """An account (by its keyed digest) or a network that strangers cannot sign in to or from, and until when."""

    kind: str  # account, network
    name: str
    failures: int
    until: datetime


_LOCKS = text(
    """SELECT kind, name, count(*), (array_agg(at ORDER BY at DESC))[most] FROM (
         SELECT 'account' AS kind, account AS name, at, CAST(:a_most AS integer) AS most FROM sign_in_failures
           WHERE device IS NULL AND at > now() - make_interval(secs => :a_s)
         UNION ALL
         SELECT 'network', network, at, CAST(:n_most AS integer) FROM sign_in_failures
           WHERE device IS NULL AND at > now() - make_interval(secs => :n_s)) failures
       GROUP BY kind, name, most HAVING count(*) >= most ORDER BY max(at) DESC LIMIT 100"""
)


async def locks(db: AsyncSession, limiter: Limiter) -> list[Lock]:
    """The locks in force, the newest first."""
    (account, *_), (network, *_) = (items(limiter.rates(limit)) for limit in (LOCK_ACCOUNT, LOCK_ADDRESS))
    lasts = {"account": account.get_expiry(), "network": network.get_expiry()}
    values = {
        "a_most": account.amount,
        "a_s": float(lasts["account"]),
        "n_most": network.amount,
        "n_s": float(lasts["network"]),
    }
    return [
        Lock(kind, name, count, at + timedelta(seconds=lasts[kind]))
        for kind, name, count, at in await db.execute(_LOCKS, values)
    ]


_OPEN = {
    "account": text("DELETE FROM sign_in_failures WHERE account = :name AND device IS NULL"),
    "network": text("DELETE FROM sign_in_failures WHERE network = :name AND device IS NULL"),
}


async def unlock(db: AsyncSession, *, by: UUID, kind: str, name: str, member_id: UUID | None = None) -> None:
    """Forget the failures that made a lock; `member_id`: whose account it is, where that is known."""
    if kind not in _OPEN or not rows_changed(await db.execute(_OPEN[kind], {"name": name})):
        raise NotFound("lock")
    named = {"network": name} if kind == "network" else {"account": name[:8]}
    await events.record(db, "lock:opened", member=by, subject=member_id, **named)

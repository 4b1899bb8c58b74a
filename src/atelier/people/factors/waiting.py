"""What waits while somebody confirms that it is them: a form that was sent, sealed into the page that asks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.clock import now
from atelier.base.crypto import digest
from atelier.base.seal import Seal
from atelier.people.rules import local_path
from atelier.people.tables import Session
from atelier.web.confirmed import Fields

LASTS = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request to `path`; without `fields` it only looks."""

    path: str
    fields: Fields | None = None


def close(seal: Seal, session_id: UUID, waiting: Waiting) -> str:
    """Sealed for that session alone."""
    kept = {"path": waiting.path, "fields": waiting.fields, "at": now().timestamp()}
    return seal.close(json.dumps(kept), purpose=f"waiting {session_id}")


def open(seal: Seal, session_id: UUID, sealed: str) -> Waiting | None:
    """What waits, or None if it is not this session's or too old."""
    kept = seal.open(sealed, purpose=f"waiting {session_id}") if sealed else None
    if kept is None:
        return None
    found = json.loads(kept)
    if not -60 < now().timestamp() - found["at"] < LASTS:
        return None
    fields = found["fields"]
    return Waiting(found["path"], None if fields is None else tuple((name, value) for name, value in fields))


def came_from(referer: str, origin: str, otherwise: str) -> str:
    """The page of this studio on which something was sent, as a path to go back to."""
    inside = referer.startswith(f"{origin}/")
    return local_path(referer.removeprefix(origin), otherwise) if inside else otherwise


async def keep(db: AsyncSession, session_id: UUID, sealed: str) -> str | None:
    """Keep what waits while the member is at a provider; the name by which it is found again. None if nothing waits."""
    await db.execute(update(Session).where(Session.id == session_id).values(sealed_form=sealed or None))
    return digest(sealed) if sealed else None


async def kept(db: AsyncSession, session_id: UUID, named: str | None) -> str:
    """What was kept by that name, still sealed; "" if there is none, or if another window has kept something since."""
    sealed = await db.scalar(select(Session.sealed_form).where(Session.id == session_id)) or ""
    return sealed if named is not None and digest(sealed) == named else ""

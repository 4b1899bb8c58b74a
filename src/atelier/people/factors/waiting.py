"""What waits while somebody confirms that it is them: a form that was sent, sealed into the page that asks."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from uuid import UUID

from atelier.base.seal import Seal
from atelier.people.rules import local_path
from atelier.web.confirmed import Fields

LASTS = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request to `path`; without `fields` it only looks."""

    path: str
    fields: Fields | None = None


def close(seal: Seal, session_id: UUID, waiting: Waiting) -> str:
    """Sealed for that session alone."""
    kept = {"path": waiting.path, "fields": waiting.fields, "at": time.time()}
    return seal.close(json.dumps(kept), purpose=f"waiting {session_id}")


def open(seal: Seal, session_id: UUID, sealed: str) -> Waiting | None:
    """What waits, or None if it is not this session's or too old."""
    kept = seal.open(sealed, purpose=f"waiting {session_id}") if sealed else None
    if kept is None:
        return None
    found = json.loads(kept)
    if not -60 < time.time() - found["at"] < LASTS:
        return None
    fields = found["fields"]
    return Waiting(found["path"], None if fields is None else tuple((name, value) for name, value in fields))


def came_from(referer: str, origin: str, otherwise: str) -> str:
    """The page of this studio on which something was sent, as a path to go back to."""
    inside = referer.startswith(f"{origin}/")
    return local_path(referer.removeprefix(origin), otherwise) if inside else otherwise

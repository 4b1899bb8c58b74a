"""Who was erased, as a list to keep apart from the backups: a restored one brings them back until it is applied."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier.base.db import libpq_url
from atelier.base.errors import BadRequest
from atelier.jobs.background import Again
from atelier.people.leaving.erase import Eraser

_GONE = text("SELECT id, ended_at FROM erasures WHERE ended_at IS NOT NULL ORDER BY ended_at")


class BadList(BadRequest):
    """The file is no list of who was erased."""

    code = "bad_list"


async def gone(db: AsyncSession) -> list[tuple[UUID, datetime]]:
    """Who was erased, and when; `db` acts for the studio."""
    return [(row.id, row.ended_at) for row in await db.execute(_GONE)]


def read(path: Path) -> list[UUID]:
    """The ids in a list that `atelier erased` wrote; `BadList` for any other file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [UUID(line.split()[0]) for line in lines if line.strip()]
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise BadList(f"{path} is no list that `atelier erased` wrote. Nothing was restored.") from error


def erase_again(owner_url: str, ids: Iterable[UUID]) -> list[UUID]:
    """Close the accounts of whoever of them is back, so that they are due to be erased; who that is."""
    with psycopg.connect(libpq_url(owner_url)) as db:
        return [id for id in ids if db.execute("SELECT people_erase_again(%s)", [id]).fetchone() == (True,)]


async def erase_now(eraser: Eraser, ids: Iterable[UUID]) -> int:
    """Erase members who are due, files and rows; how many of them wait for a worker to stop what they have running."""
    waiting = 0
    for id in ids:
        try:
            await eraser.run(str(id))
        except Again:
            waiting += 1
    return waiting

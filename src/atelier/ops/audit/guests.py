"""The audit's own members: who they are, what the maker owns, and how they leave without a trace.

They never get a wallet, because what the ledger writes stays: nothing that they do costs or moves a credit.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
from PIL import Image
from sqlalchemy import insert

from atelier import assets
from atelier.assets import Asset
from atelier.base import events
from atelier.base.clock import now
from atelier.base.crypto import new_token
from atelier.base.db import Acting
from atelier.base.ids import new_id
from atelier.jobs import Job, State
from atelier.ops.audit import rows
from atelier.ops.audit.rows import Made
from atelier.people import sessions, tokens
from atelier.people.passwords import Passwords
from atelier.people.tables import Member
from atelier.spine import Studio
from atelier.web.scopes import Scope

HOST = "audit.invalid"  # RFC 2606: no such address can ever be anybody's
ADDRESS = "audit"  # where their requests come from; no real peer is called so
NOBODYS = f"DELETE FROM events WHERE id > $1 AND member_id IS NULL AND address = '{ADDRESS}'"  # noqa: S608
TRIES = f"DELETE FROM sign_in_failures WHERE network = '{ADDRESS}'"  # noqa: S608
# what waits in the queue for something of theirs
QUEUED = """DELETE FROM procrastinate_jobs WHERE EXISTS (
  SELECT FROM jsonb_each_text(args) AS named WHERE named.value = ANY($1::text[]))"""
STALE = "1 hour"  # after which guests of an audit that was killed are taken away


@dataclass(slots=True)
class Guest:
    """A member of the audit's own, with a browser's session and the words that must never reach anybody else."""

    id: UUID
    email: str
    marker: str
    password: str
    cookie: str = ""
    session_id: UUID | None = None
    secret: str = ""  # of a token


@dataclass(slots=True)
class Maker(Guest):
    """The guest who owns one of everything."""

    job_id: UUID | None = None
    asset: Asset | None = None
    token_id: UUID | None = None
    rows: dict[str, Made] = field(default_factory=dict)  # by table: one in each
    unmade: list[str] = field(default_factory=list)  # the tables of which the audit can make no row, and why


def maker() -> Maker:
    return Maker(*_someone("maker"))


def stranger() -> Guest:
    return Guest(*_someone("stranger"))


def banned() -> Guest:
    return Guest(*_someone("banned"))


def _someone(role: str) -> tuple[UUID, str, str, str]:
    id = new_id()
    marker = f"secret{new_id().hex[-12:]}"
    return id, f"{role}-{id.hex}@{HOST}", marker, f"Aa1-{new_token(12)}"


async def move_in(studio: Studio, maker: Maker, stranger: Guest, banned: Guest) -> None:
    """Write all three, and the maker's things."""
    await _open_account(studio, stranger)
    await _open_account(studio, banned)
    async with studio.web_db.transaction(Acting.member(banned.id)) as db:
        _, banned.secret = await tokens.create(
            db, member_id=banned.id, name=banned.marker, days=1, scopes=frozenset(Scope)
        )
    await _open_account(studio, maker)
    async with studio.web_db.transaction(Acting.member(maker.id)) as db:
        token, maker.secret = await tokens.create(
            db, member_id=maker.id, name=maker.marker, scopes=frozenset(Scope), days=1
        )
    maker.token_id = token.id
    kept = await assets.keep(studio.assets.store, maker.id, picture(), "image/png", settings=_settings(maker))
    async with studio.worker_db.transaction(Acting.member(maker.id)) as db:
        maker.job_id = new_id()
        await db.execute(insert(Job).values(_job(maker)))
        maker.asset = await assets.add(db, kept, job_id=maker.job_id, title=maker.marker)
        for kind in ("job:queued", "job:started", "job:succeeded"):
            await events.record(db, kind, member=maker.id, subject=maker.job_id, title=maker.marker)


async def _open_account(studio: Studio, guest: Guest) -> None:
    hashed = await Passwords(passes=1, memory_kib=8).hash(guest.password)
    async with studio.web_db.transaction(Acting.member(guest.id)) as db:
        values = {"id": guest.id, "email": guest.email, "name": guest.marker, "password_hash": hashed}
        await db.execute(insert(Member).values(values))
        secret = await sessions.start(db, member_id=guest.id, agent=guest.marker, address=ADDRESS)
        guest.session_id = (await sessions.list_sessions(db, member_id=guest.id))[0].id
    guest.cookie = f"{sessions.cookie_name(studio.origin)}={secret}"


async def own_more(owner: rows.Owner, maker: Maker) -> None:
    """Give the maker one of everything else that this release's tables can hold."""
    maker.rows, maker.unmade = await rows.one_of_each(owner, maker.id, maker.marker, QUEUED)
    # one of each are second factors too, and the guest goes on signing in by password alone
    await owner.execute("UPDATE members SET protected = false WHERE id = $1", maker.id)


async def ban(owner: rows.Owner, banned: Guest) -> None:
    """Ban a guest and leave them their session and token, so that nothing but the ban stands in their way."""
    await owner.execute("UPDATE members SET state = 'banned' WHERE id = $1", banned.id)


async def sign_in_again(studio: Studio, guest: Guest) -> None:
    """A new session for a guest who was signed out on the way."""
    async with studio.web_db.transaction(Acting.member(guest.id)) as db:
        secret = await sessions.start(db, member_id=guest.id, agent=guest.marker, address=ADDRESS)
    guest.cookie = f"{sessions.cookie_name(studio.origin)}={secret}"


async def leave(
    owner: asyncpg.Connection[asyncpg.Record],
    studio: Studio,
    members: Sequence[UUID] = (),
    *,
    since: int | None = None,
    stale: bool = False,
) -> None:
    """Take guests away with everything of theirs; with `stale`, those that a killed audit left behind.

    `since` is the last event before they came: what they did without signing in is found after it.
    """
    if stale:
        found = await owner.fetch(
            f"SELECT id FROM members WHERE email LIKE '%@{HOST}' AND created_at < now() - interval '{STALE}'"  # noqa: S608
        )
        members = [row["id"] for row in found]
    if not members:
        return
    files = await owner.fetch("SELECT path, thumb_path FROM assets WHERE member_id = ANY($1)", members)
    theirs = await owner.fetch(rows.OWNED, list(rows.LEDGER))
    async with owner.transaction():
        gone = [str(member) for member in members]
        for table in theirs:
            deleted = await owner.fetch(
                f"DELETE FROM {table['name']} t WHERE member_id = ANY($1) RETURNING to_jsonb(t) ->> 'id' AS id",  # noqa: S608
                members,
            )
            gone += [row["id"] for row in deleted if row["id"]]
        await owner.execute(QUEUED, gone)
        if since is not None:
            await owner.execute(NOBODYS, since)
        await owner.execute(TRIES)
        await owner.execute("DELETE FROM members WHERE id = ANY($1)", members)
    await studio.assets.store.delete(*(path for row in files for path in row if path))


def picture() -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (48, 64), "#b93a22").save(out, "PNG")
    return out.getvalue()


def _settings(maker: Maker) -> dict[str, object]:
    return {"tool": "image.generate", "model": "audit", "input": {"prompt": maker.marker, "seed": 1}}


def _job(maker: Maker) -> dict[str, object]:
    return {
        "id": maker.job_id,
        "member_id": maker.id,
        "tool": "image.generate",
        "model": "audit",
        "queue": "audit",
        "title": maker.marker,
        "input": {"prompt": maker.marker, "count": 1, "seed": 1},
        "terms": {"engine": "audit", "rates": {}, "most": {"pictures": 1}, "deadline": 120},
        "seal": b"",
        "used": {"pictures": 1},
        "source": "api",
        "state": State.SUCCEEDED,
        "attempt": 1,
        "priority": 0,
        "deadline_s": 120,
        "expected": 1,
        "made": 1,
        "price": 0,
        "charged": 0,
        "started_at": now(),
        "finished_at": now(),
    }

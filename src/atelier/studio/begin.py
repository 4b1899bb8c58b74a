"""Begin: the one place where paid work comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.assets import Asset, Kind
from atelier.base.db import commit_together
from atelier.base.errors import BadRequest, Conflict, NotFound
from atelier.base.ids import new_id
from atelier.catalog import Catalog, UnknownModel, switched_off
from atelier.jobs.rules import LOWEST
from atelier.studio.quote import Quote, quote

KEY_LENGTH = 200


class KeyReused(Conflict):
    """An Idempotency-Key came back with another wish."""

    code = "idempotency_key_reused"


class NoSuchPicture(NotFound):
    """A picture to work on that is not in the member's library."""

    code = "unknown_picture"

    def __init__(self, field: str) -> None:
        super().__init__("picture", "That picture is not in your library. Nothing was charged.")
        self.field = field


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member asks for: a tool, a model or None for its default, and the tool's input as it came in."""

    tool: str
    input: Mapping[str, Any]
    model: str | None = None
    source: Literal["page", "api", "cli"] = "api"
    key: str | None = None  # an Idempotency-Key, bound to the member and the wish


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))")
_EARLIER = text("SELECT id, body_digest FROM jobs WHERE member_id = :member AND idempotency_key = :key")
# Asks, holds, writes and says so at once; the database itself puts a job that is written into the queue. Of a model
# that is off nothing is written.
_WRITE = text(
    """WITH before AS MATERIALIZED (
         SELECT (SELECT count(*) FROM jobs WHERE member_id = :member AND state = 'queued')::integer AS waiting,
                EXISTS (SELECT FROM models_off WHERE model = :model) AS off),
       held AS MATERIALIZED (
         SELECT waiting, CASE WHEN :price > 0 THEN ledger_hold(:transfer, :id, :member, :price, :memo) END
         FROM before WHERE NOT off),
       job AS (
         INSERT INTO jobs (id, member_id, tool, model, queue, title, input, source, priority, deadline_s, expected,
                           price, idempotency_key, body_digest)
         SELECT :id, :member, :tool, :model, :queue, :title, CAST(:input AS jsonb), :source,
                greatest(:lowest, -waiting), :deadline_s, :expected, :price, :key, :body FROM held
         RETURNING id, member_id),
       fact AS (
         INSERT INTO events (kind, member_id, subject_id, data)
         SELECT 'job:queued', member_id, id, CAST(:data AS jsonb) FROM job)
       SELECT off FROM before"""
).bindparams(
    *(bindparam(name, type_=Integer) for name in ("price", "deadline_s", "expected", "lowest")),
    *(bindparam(name, type_=Text) for name in ("memo", "tool", "model", "queue", "title", "source", "key", "body")),
    *(bindparam(name, type_=Uuid) for name in ("id", "member", "transfer")),
)


async def begin(db: AsyncSession, catalog: Catalog, member_id: UUID, wish: Wish) -> UUID:
    """Validate a wish, hold its price, write its job and enqueue it, all in the caller's transaction; the job's id.

    The transaction must act for `member_id`. The same key with the same wish gives the first job again, even if its
    model is gone by then. Raises `UnknownTool`, `UnknownModel`, `ModelNotReady`, `InvalidInput`, `NotEnoughCredits`,
    `KeyReused`; then nothing is written.
    """
    if wish.key is not None and not 0 < len(wish.key) <= KEY_LENGTH:
        raise BadRequest(f"An Idempotency-Key has 1 to {KEY_LENGTH} characters.", field="Idempotency-Key")
    body = _digest(wish) if wish.key else None
    if wish.key:  # the same key twice at once: the second waits here and then finds the first
        await db.execute(_LOCK, {"lock": f"{member_id} {wish.key}"})
        earlier = (await db.execute(_EARLIER, {"member": member_id, "key": wish.key})).one_or_none()
        if earlier is not None:
            if earlier.body_digest != body:
                raise KeyReused("This Idempotency-Key was used for another wish: choose a new one.")
            known: UUID = earlier.id
            return known
    quoted = quote(catalog, wish.tool, wish.model, wish.input)
    job_id = new_id()
    if not await _write(db, job_id, member_id, wish, quoted, body):
        if wish.model is None:
            quoted = quote(catalog, wish.tool, None, wish.input, off=await switched_off(db))
        if wish.model is not None or not await _write(db, job_id, member_id, wish, quoted, body):
            raise UnknownModel(f"{quoted.model.name} is switched off just now. Choose another model.")
    await commit_together(db)
    return job_id


async def _write(db: AsyncSession, id: UUID, member: UUID, wish: Wish, quoted: Quote, body: str | None) -> bool:
    """Hold, write and enqueue; False if the model is switched off, and then nothing is written."""
    settled = quoted.tool.settle(quoted.wish)
    for name, asset_id in quoted.tool.files(settled).items():
        await _own(db, name, asset_id)
    row = {
        "id": id,
        "member": member,
        "tool": quoted.tool.id,
        "model": quoted.model.id,
        "queue": quoted.model.engine,
        "title": quoted.tool.title(settled),
        "input": settled.model_dump_json(),
        "source": wish.source,
        "lowest": LOWEST,
        "deadline_s": quoted.model.deadline,
        "expected": quoted.tool.expected(settled),
        "price": quoted.price,
        "transfer": new_id(),
        "memo": quoted.counted,
        "key": wish.key,
        "body": body,
        "data": json.dumps({"state": "queued", "tool": quoted.tool.id, "model": quoted.model.id, "made": 0}),
    }
    with ledger.holding(id):
        return not (await db.execute(_WRITE, row)).scalar_one()


async def _own(db: AsyncSession, field: str, asset_id: UUID) -> None:
    """Refuse a picture to work on that is not the member's; somebody else's, and a deleted one, is as good as none."""
    there = select(Asset.id).where(Asset.id == asset_id, Asset.deleted_at.is_(None), Asset.kind == Kind.IMAGE)
    if (await db.execute(there)).scalar_one_or_none() is None:
        raise NoSuchPicture(field)


def _digest(wish: Wish) -> str:
    try:
        body = json.dumps([wish.tool, wish.model, wish.input], sort_keys=True, default=str)
    except RecursionError:
        raise BadRequest("This is nested too deeply for any tool.", field="input") from None
    return hashlib.sha256(body.encode()).hexdigest()

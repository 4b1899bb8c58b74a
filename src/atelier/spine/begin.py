"""Begin: the one place where paid work comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, Text, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from atelier import ledger
from atelier.assets import Asset
from atelier.base.db import commit_together
from atelier.base.errors import BadRequest, Conflict, NotFound
from atelier.base.ids import new_id
from atelier.base.kinds import IMAGE, Kind
from atelier.catalog import UnknownModel, switched_off
from atelier.jobs import Job, Mode
from atelier.jobs.rules import LOWEST
from atelier.spine.quote import Quote, quote
from atelier.spine.sealing import Sealed
from atelier.spine.studio import Studio
from atelier.tools import Need
from atelier.tools.parent import ParentTool
from atelier.tools.tool import InvalidInput

KEY_LENGTH = 200


class KeyReused(Conflict):
    """An Idempotency-Key came back with another request."""

    code = "idempotency_key_reused"


class NoSuchAsset(NotFound):
    """A file to work on that is not in the member's library, or is of another kind than the field takes."""

    code = "unknown_asset"

    def __init__(self, field: str, kinds: Collection[Kind] = (IMAGE,)) -> None:
        what = " or ".join(kind.one for kind in sorted(kinds, key=lambda kind: kind.rank))
        super().__init__(what, f"That {what} is not in your library. Nothing was charged.")
        self.field = field


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What a member asks for: a tool, a model or None for its default, and the tool's input as it came in."""

    tool: str
    input: Mapping[str, Any]
    model: str | None = None
    source: Literal["page", "api", "cli"] = "api"
    key: str | None = None  # an Idempotency-Key, bound to the member and the request


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))")
_EARLIER = text("SELECT id, body_digest FROM jobs WHERE member_id = :member AND idempotency_key = :key")
# Asks, holds, writes and says so at once; the database itself puts a job that is written into the queue. Of a model
# that is off nothing is written.
_WRITE = text(
    """WITH before AS MATERIALIZED (
         SELECT (SELECT count(DISTINCT coalesce(parent_id, id)) FROM jobs
                 WHERE member_id = :member AND state = 'queued')::integer AS waiting,
                EXISTS (SELECT FROM models_off WHERE model = :model) AS off),
       held AS MATERIALIZED (
         SELECT waiting, CASE WHEN :price > 0 THEN ledger_hold(:transfer, :id, :member, :price, :memo) END
         FROM before WHERE NOT off),
       job AS (
         INSERT INTO jobs (id, member_id, tool, model, queue, title, input, terms, seal, source, priority,
                           deadline_s, expected, price, mode, parent_id, idempotency_key, body_digest)
         SELECT :id, :member, :tool, :model, :queue, :title, CAST(:input AS jsonb), CAST(:terms AS jsonb), :seal,
                :source, coalesce(:priority, greatest(:lowest, -waiting)), :deadline_s, :expected, :price, :mode,
                :parent, :key, :body FROM held
         RETURNING id, member_id),
       fact AS (
         INSERT INTO events (kind, member_id, subject_id, data)
         SELECT 'job:queued', member_id, id, CAST(:data AS jsonb) FROM job)
       SELECT off FROM before"""
).bindparams(
    *(bindparam(name, type_=Integer) for name in ("price", "deadline_s", "expected", "lowest", "priority")),
    *(
        bindparam(name, type_=Text)
        for name in ("memo", "tool", "model", "queue", "title", "source", "mode", "key", "body")
    ),
    bindparam("seal", type_=LargeBinary),
    *(bindparam(name, type_=Uuid) for name in ("id", "member", "transfer", "parent")),
)


async def begin(
    db: AsyncSession,
    studio: Studio,
    member_id: UUID,
    request: JobRequest,
    *,
    inline: bool = False,
    parent: Job | None = None,
) -> UUID:
    """Validate a request, hold its price, write its job and enqueue it, all in the caller's transaction; the job's id.

    The transaction must act for `member_id`. The same key with the same request gives the first job again, even if its
    model is gone by then. Raises `UnknownTool`, `UnknownModel`, `ModelNotReady`, `InvalidInput`, `NotEnoughCredits`,
    `KeyReused`, `HeldBack`, `NotReady`; then nothing is written.

    A worker performs the job, unless it is `inline`: then the caller hands it to its process' `InlineJobs` after the
    commit. A child of `parent` has its parent's priority, so that children of one parent don't delay each other.
    """
    if request.key is not None and not 0 < len(request.key) <= KEY_LENGTH:
        raise BadRequest(f"An Idempotency-Key has 1 to {KEY_LENGTH} characters.", field="Idempotency-Key")
    body = _digest(request) if request.key else None
    if request.key:  # the same key twice at once: the second waits here and then finds the first
        await db.execute(_LOCK, {"lock": f"{member_id} {request.key}"})
        earlier = (await db.execute(_EARLIER, {"member": member_id, "key": request.key})).one_or_none()
        if earlier is not None:
            if earlier.body_digest != body:
                raise KeyReused("This Idempotency-Key was used for another request: choose a new one.")
            known: UUID = earlier.id
            return known
    quoted = quote(studio.catalog, request.tool, request.model, request.input)
    await studio.safety.check_words(db, quoted.tool.words(quoted.input))
    if quoted.tool.yields is IMAGE:
        await studio.safety.check_ready(db)
    job_id = new_id()
    run = {
        "mode": Mode.PARENT if isinstance(quoted.tool, ParentTool) else Mode.INLINE if inline else Mode.QUEUE,
        "parent": parent.id if parent is not None else None,
        "priority": parent.priority if parent is not None else None,
    }
    if not await _write(db, studio.secret, job_id, member_id, request, quoted, body, run):
        if request.model is None:
            quoted = quote(studio.catalog, request.tool, None, request.input, off=await switched_off(db))
        if request.model is not None or not await _write(
            db, studio.secret, job_id, member_id, request, quoted, body, run
        ):
            raise UnknownModel(f"{quoted.model_name} is switched off just now. Choose another model.")
    await commit_together(db)
    return job_id


async def _write(
    db: AsyncSession,
    secret: str,
    id: UUID,
    member: UUID,
    request: JobRequest,
    quoted: Quote,
    body: str | None,
    run: Mapping[str, Any],
) -> bool:
    """Hold, write and enqueue; False if the model is switched off, and then nothing is written."""
    input = quoted.tool.resolve(quoted.input)
    await _check_needs(db, quoted.tool.needs(input))
    stored = input.model_dump_json()
    covered = Sealed(
        id=id,
        member_id=member,
        tool=quoted.tool.id,
        model=quoted.model_id,
        queue=quoted.terms.engine,
        input=json.loads(stored),
        terms=quoted.terms.to_json(),
        price=quoted.price,
        expected=quoted.tool.expected(input),
        deadline_s=quoted.terms.deadline,
    )
    row = {
        "id": id,
        "member": member,
        "tool": covered.tool,
        "model": covered.model,
        "queue": covered.queue,
        "title": quoted.tool.title(input),
        "input": stored,
        "terms": json.dumps(covered.terms),
        "seal": covered.seal(secret),
        "source": request.source,
        "lowest": LOWEST,
        "deadline_s": covered.deadline_s,
        "expected": covered.expected,
        "price": covered.price,
        "transfer": new_id(),
        "memo": quoted.counted,
        "key": request.key,
        "body": body,
        **run,
        "data": json.dumps({"state": "queued", "tool": covered.tool, "model": covered.model, "made": 0}),
    }
    with ledger.holding(id):
        return not (await db.execute(_WRITE, row)).scalar_one()


async def _check_needs(db: AsyncSession, needs: Sequence[Need]) -> None:
    """Refuse assets that are not the member's, are deleted, or are of another kind than their field takes."""
    wanted = {asset_id for need in needs for asset_id in need.ids}
    if not wanted:
        return
    there = select(Asset.id, Asset.kind, Asset.width, Asset.height)
    found = (await db.execute(there.where(Asset.id.in_(wanted), Asset.deleted_at.is_(None)))).all()
    kinds = {row.id: row.kind for row in found}
    for need in needs:
        if any(kinds.get(asset_id) not in {kind.id for kind in need.kinds} for asset_id in need.ids):
            raise NoSuchAsset(need.field, need.kinds)
    sizes = {row.id: (row.width, row.height) for row in found}
    of = {need.field: sizes[need.ids[0]] for need in needs if need.ids}
    for need in needs:
        if need.like and of[need.field] != of[need.like]:
            (width, height), (across, down) = of[need.field], of[need.like]
            said = (
                f"This has {width:,} × {height:,} pixels and the picture {across:,} × {down:,}; both must be as large."
            )
            raise InvalidInput({need.field: said})


def _digest(request: JobRequest) -> str:
    try:
        body = json.dumps([request.tool, request.model, request.input], sort_keys=True, default=str)
    except RecursionError:
        raise BadRequest("This is nested too deeply for any tool.", field="input") from None
    return hashlib.sha256(body.encode()).hexdigest()

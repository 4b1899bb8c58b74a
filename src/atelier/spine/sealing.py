"""The seal of a job: shows a worker that the studio's own `begin` wrote what the job costs and asks for.

The database cannot know whether terms are genuine, and who writes SQL on a web process's connection can make up a row.
Without the studio's secret they cannot make up its seal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from atelier.base.crypto import derive
from atelier.base.log import get_log
from atelier.jobs.tables import Claim, Job
from atelier.spine.ending import Ending, failed


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a seal covers. Its `id` is the job's, so a seal is of no use to another job."""

    id: UUID
    member_id: UUID
    tool: str
    model: str
    queue: str
    input: Mapping[str, Any]
    terms: Mapping[str, Any]
    price: int
    expected: int
    deadline_s: int

    def seal(self, secret: str) -> bytes:
        """HMAC-SHA256 under a key that is derived from the studio's secret."""
        told = [str(self.id), str(self.member_id), self.tool, self.model, self.queue, self.input, self.terms]
        message = canonical([*told, self.price, self.expected, self.deadline_s])
        return hmac.digest(derive(secret, "terms"), message.encode(), hashlib.sha256)


def is_sealed(secret: str, job: Claim | Job) -> bool:
    """Whether a job's row is as this studio wrote it."""
    covered = Sealed(
        job.id,
        job.member_id,
        job.tool,
        job.model,
        job.queue,
        job.input,
        job.terms,
        job.price,
        job.expected,
        job.deadline_s,
    )
    return hmac.compare_digest(covered.seal(secret), job.seal)


def terms_changed(job: Claim | Job) -> Ending:
    """The ending of a job that does not bear the seal; nothing is charged."""
    get_log().error("job:terms_changed", job=str(job.id), member=str(job.member_id), price=job.price)
    return failed(
        "terms_changed",
        "The terms of this run are not those that this studio agreed on, so it was not made. Nothing was charged."
        " Start it again.",
    )


def canonical(value: Any) -> str:
    """JSON in the one form that survives PostgreSQL's `jsonb`: sorted keys, and numbers by their exact value.

    `jsonb` gives 1e22 back as 10000000000000000000000, and -0.0 as 0.0.
    """
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, int | float):
        sign, digits, exponent = Decimal(repr(value)).as_tuple()
        written = "".join(map(str, digits))
        short = written.rstrip("0")
        if not short:
            return "0"
        assert isinstance(exponent, int), "neither jsonb nor JSON has infinity"
        return f"{'-' if sign else ''}{short.lstrip('0')}e{exponent + len(written) - len(short)}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{canonical(value[key])}" for key in sorted(value)) + "}"
    return "[" + ",".join(map(canonical, value)) + "]"
